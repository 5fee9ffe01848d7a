internal import FoundationEssentials
internal import SwiftASN1

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

// The compiler attributes the members of `stat` to one of the modules whose headers include it.
#if canImport(CDispatch)
    internal import CDispatch
#endif

/// A file with documents in PEM form.
struct PEMFile: Sendable, Hashable {
    /// The path.
    var path: String
    /// The option or setting that names the file, for errors, such as `tls.keyFile`.
    var name: String

    /// The facts that change when the file is written or replaced.
    struct Stamp: Sendable, Hashable {
        var device: UInt64
        var inode: UInt64
        var sizeBytes: Int64
        var modifiedSeconds: Int64
        var modifiedNanoseconds: Int64
    }

    private static let limitBytes = 1 << 20

    /// The file's present facts, or `nil` if it is missing.
    var stamp: Stamp? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        return Stamp(
            device: UInt64(facts.st_dev), inode: UInt64(facts.st_ino), sizeBytes: Int64(facts.st_size),
            modifiedSeconds: Int64(facts.st_mtim.tv_sec), modifiedNanoseconds: Int64(facts.st_mtim.tv_nsec))
    }

    /// Returns the documents of the file. Throws ``TLSError`` if it cannot be read, has none, or is a secret that
    /// others may read.
    ///
    /// The file is checked after it was opened, so that it cannot be replaced between the check and the read.
    func documents(isSecret: Bool) throws(TLSError) -> [PEMDocument] {
        let bytes = try read(isSecret: isSecret)
        guard let text = String(validating: bytes, as: UTF8.self),
            let documents = try? PEMDocument.parseMultiple(pemString: text.replacing("\r\n", with: "\n"))
        else {
            throw malformed("it is no text in PEM form, which begins with -----BEGIN")
        }
        return documents
    }

    func malformed(_ why: String) -> TLSError {
        TLSError(.malformed, "cannot use \(path), which \(name) names: \(why)")
    }

    private func read(isSecret: Bool) throws(TLSError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw unreadable(String(cString: strerror(errno))) }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw unreadable("it is not a regular file")
        }
        if isSecret { try checkSecrecy(owner: facts.st_uid, mode: facts.st_mode) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= Self.limitBytes {
            let count = readSome(file, &buffer)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                throw unreadable(String(cString: strerror(errno)))
            }
        }
        throw unreadable("it is longer than \(Self.limitBytes) bytes")
    }

    private func unreadable(_ why: String) -> TLSError {
        TLSError(
            .unreadable,
            "cannot read \(path), which \(name) names, \(why): check that it exists and that this account may read it")
    }

    /// Throws unless the owner is root or this account, and no others have access. In systemd's credentials directory
    /// the group may read too, because systemd shows its access list as the group's bits (systemd/systemd#29435).
    private func checkSecrecy(owner: UInt32, mode: mode_t) throws(TLSError) {
        guard owner == 0 || owner == geteuid() else {
            throw TLSError(
                .notPrivate,
                "cannot trust \(path), which \(name) names, it belongs to user \(owner): "
                    + "run chown to give it to root or to this account")
        }
        let isCredential =
            ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
            .map { !$0.isEmpty && path.hasPrefix($0 + "/") } ?? false
        guard mode & (isCredential ? 0o037 : 0o077) == 0 else {
            throw TLSError(
                .notPrivate,
                "cannot trust \(path), which \(name) names, others may read it: run chmod 600 \(path)")
        }
    }
}

/// `read(2)`, under a name that the method ``PEMFile/read(isSecret:)`` does not hide.
private func readSome(_ file: CInt, _ buffer: inout [UInt8]) -> Int {
    read(file, &buffer, buffer.count)
}
