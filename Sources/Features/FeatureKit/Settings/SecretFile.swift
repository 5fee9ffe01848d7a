import FoundationEssentials
import Glibc

/// Reads files that people write: configurations, tokens, agent keys.
public enum PersonalFile {
    private static let limitBytes = 1 << 20

    /// Returns the content of a file, or `nil` if it cannot be read.
    static func bytes(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0) }
    }

    /// Returns the file's text with `\n` as the only line end. Accepts a UTF-8 byte order mark, CRLF and CR.
    ///
    /// Throws ``SettingsError`` if the file is not UTF-8 or has control characters other than tabs and line ends. Such
    /// an error in an agent key would otherwise show only on a machine that already costs money.
    static func text(_ bytes: [UInt8], of path: String) throws -> String {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw SettingsError("cannot read \(path): it is UTF-16; save it as UTF-8")
        }
        let content = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
        guard let text = String(validating: content, as: UTF8.self) else {
            throw SettingsError("cannot read \(path): it is not UTF-8; save it as UTF-8")
        }
        var result = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if scalar == "\r" {
                result.append("\n")
            } else if scalar != "\n" || previous != "\r" {
                guard scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory != .control else {
                    let code = String(scalar.value, radix: 16, uppercase: true)
                    throw SettingsError("cannot read \(path): it has the control character U+\(code); remove it")
                }
                result.append(scalar)
            }
            previous = scalar
        }
        return String(result)
    }

    /// Reads a file of at most 1 MiB. Opens the file once and checks it when it is open, so that it cannot be replaced
    /// between the check and the read. Throws ``SettingsError``.
    ///
    /// `isSecret` is true if others must not be able to read the file.
    /// `key` is the setting that names the file, for errors.
    public static func read(_ path: String, key: String, isSecret: Bool) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            throw SettingsError("cannot read \(path), which \(key) names: check that it exists and is aurad's to read")
        }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw SettingsError("cannot use \(path), which \(key) names: it is not a regular file")
        }
        if isSecret { try checkSecrecy(facts, path, key) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= limitBytes {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count == 0 { return try text(bytes, of: path) }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                throw SettingsError("cannot read \(path), which \(key) names: \(String(cString: strerror(errno)))")
            }
        }
        throw SettingsError("cannot use \(path), which \(key) names: it is longer than \(limitBytes) bytes")
    }

    /// Throws unless the owner is root or this account, and other users may neither read nor write the file.
    ///
    /// systemd shows credentials as 0440, because an access list makes the group's bits a mask
    /// (systemd/systemd#29435). In systemd's credentials directory the group's read bit is therefore accepted.
    private static func checkSecrecy(_ facts: stat, _ path: String, _ key: String) throws {
        guard facts.st_uid == 0 || facts.st_uid == geteuid() else {
            throw SettingsError(
                "cannot trust \(path), which \(key) names: it belongs to user \(facts.st_uid); "
                    + "run chown to give it to root or to aurad's account")
        }
        let isCredential =
            ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
            .map { !$0.isEmpty && path.hasPrefix($0 + "/") } ?? false
        let forbidden: mode_t = isCredential ? 0o037 : 0o077
        guard facts.st_mode & forbidden == 0 else {
            throw SettingsError("cannot trust \(path), which \(key) names: others may read it; run chmod 600 \(path)")
        }
    }
}

/// Reads files that hold one secret, such as a token.
enum SecretFile {
    static func read(_ path: String, key: String) throws -> String {
        let text = try PersonalFile.read(path, key: key, isSecret: true)
        return try check(text, source: "\(path), which \(key) names")
    }

    /// Returns the secret without surrounding blanks and without a pair of quotes. Throws if the rest is not a single
    /// word.
    static func check(_ text: String, source: String) throws -> String {
        var word = text.trimmed
        for quote in ["\"", "'"] where word.count >= 2 && word.hasPrefix(quote) && word.hasSuffix(quote) {
            word = String(word.dropFirst().dropLast())
        }
        guard !word.isEmpty else { throw SettingsError("cannot use \(source): it is empty") }
        if word.lowercased().hasPrefix("bearer ") {
            throw SettingsError("cannot use \(source): leave out the word Bearer")
        }
        guard word.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x27 }) else {
            throw SettingsError(
                "cannot use \(source): a token is one line without blanks and quotes; copy it again from the console")
        }
        return word
    }
}

extension StringProtocol {
    /// The text without white space at both ends.
    package var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }
}
