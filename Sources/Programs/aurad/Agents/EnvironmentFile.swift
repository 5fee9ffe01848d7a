import AuraModel
import FeatureKit
import FoundationEssentials

/// Reads the agent's provider keys from a `.env` file that only its owner may read.
///
/// Grammar: one `NAME=value` a line, with an optional `export ` before it. Blank lines and `#` lines are skipped. A
/// value is bare (a `#` after a blank starts a comment), in single quotes (literal) or in double quotes (a backslash
/// escapes `\`, `"`, `$` and the backtick). All other syntax is rejected: a value that is parsed differently would
/// reach the agent as a wrong key.
enum EnvironmentFile {
    static func read(_ path: String) throws -> [String: Secret] {
        let text = try PersonalFile.read(path, key: "agent.environmentFile", isSecret: true)
        var environment: [String: Secret] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let place = "line \(index + 1) of \(path)"
            var line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = line.dropFirst("export ".count).trimmed }
            guard let equals = line.firstIndex(of: "="), isName(line[..<equals]) else {
                throw SettingsError("cannot use \(place): expected NAME=value")
            }
            let name = String(line[..<equals])
            if isReserved(name) {
                throw SettingsError("cannot use \(place): \(name) is set by Aura for the agent's service; remove it")
            }
            guard environment[name] == nil else {
                throw SettingsError("cannot use \(place): \(name) is there already; keep one of the two")
            }
            environment[name] = Secret(try value(line[line.index(after: equals)...], place))
        }
        return environment
    }

    private static func value(_ text: Substring, _ place: String) throws -> String {
        let text = text.trimmed
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            let bare = withoutComment(text)
            guard !bare.contains("\""), !bare.contains("'") else {
                throw SettingsError("cannot use \(place): a quote inside the value; put the whole value in quotes")
            }
            return bare
        }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote {
                let comment = rest.trimmed
                guard comment.isEmpty || comment.hasPrefix("#") && rest.first != "#" else {
                    throw SettingsError("cannot use \(place): text after the closing quote; remove it")
                }
                return value
            }
            if character == "\\", quote == "\"" {
                guard let escaped = rest.popFirst(), "\\\"$`".contains(escaped) else {
                    throw SettingsError(
                        "cannot use \(place): an escape that is not \\\\, \\\", \\$ or \\`; use single quotes")
                }
                value.append(escaped)
            } else {
                value.append(character)
            }
        }
        throw SettingsError("cannot use \(place): the closing quote is missing")
    }

    private static func withoutComment(_ text: String) -> String {
        if text.hasPrefix("#") { return "" }
        var previous: Character = "="
        for index in text.indices {
            if text[index] == "#", previous.isWhitespace { return text[..<index].trimmed }
            previous = text[index]
        }
        return text
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
        }
    }

    /// Names that the agent's unit or its isolation depends on (`roles/agent_runtime/templates`). The unit reads this
    /// file after its own `Environment=` lines, so the file would override them.
    private static func isReserved(_ name: String) -> Bool {
        let names: Set<String> = [
            "HOME", "PATH", "USER", "LOGNAME", "SHELL", "PWD", "TMPDIR", "NODE_ENV", "NODE_OPTIONS", "NODE_PATH",
            "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED", "BASH_ENV", "ENV", "NOTIFY_SOCKET",
            "CREDENTIALS_DIRECTORY",
        ]
        return names.contains(name)
            || ["OPENCLAW_", "LD_", "XDG_", "DBUS_", "SYSTEMD_"].contains(where: name.hasPrefix)
    }
}

/// Finds programs by name.
enum ExecutablePath {
    /// Returns the absolute path of a program. A path is used as it is, and a name is searched in `PATH`.
    static func find(_ program: String) -> String? {
        let manager = FileManager.default
        if program.contains("/") { return manager.isExecutableFile(atPath: program) ? program : nil }
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return directories.map { "\($0)/\(program)" }.first { manager.isExecutableFile(atPath: $0) }
    }
}
