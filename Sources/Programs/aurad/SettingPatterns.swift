/// Patterns for settings, as the code that uses them requires: the roles, the providers' APIs and OpenSSH.
///
/// `Tests/EndToEnd/test_settings.py` compares `agentVersion` and `sha256` with the role's own checks.
enum SettingPatterns {
    static let agentVersion = "[0-9]+[.][0-9]+[.][0-9]+(-[0-9A-Za-z.-]+)?"
    static let sha256 = "[0-9a-fA-F]{64}"
    /// A package's integrity as npm writes it: SHA-512, 64 bytes in Base64.
    static let integrity = "sha512-[A-Za-z0-9+/]{86}=="
    /// Tailscale's tags (`facts`: letters, digits, hyphens, a letter first).
    static let tag = "tag:[A-Za-z][A-Za-z0-9-]*"
    /// Hetzner's API tokens have 64 characters; a shorter one was copied in part.
    static let hetznerToken = "[A-Za-z0-9]{64}"
    static let image = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
    static let firewallName = "[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}"
    static let userName = "[a-z_][a-z0-9_-]{0,31}"
    static let word = "[a-z0-9][a-z0-9-]{0,62}"
    static let clientID = "[A-Za-z0-9_-]{1,128}"
}

extension SettingsSource {
    /// Returns a text that matches the whole pattern, or `fallback` if the setting is absent.
    func text(_ key: String, _ fallback: String, matching pattern: String, such example: String) throws -> String {
        guard let text = text(key) else { return fallback }
        return try Self.check(text, key, pattern, example)
    }

    static func check(_ text: String, _ key: String, _ pattern: String, _ example: String) throws -> String {
        guard let expression = try? Regex(pattern), text.wholeMatch(of: expression) != nil else {
            throw SettingsError("cannot use \(key) = \(text): expected something such as \(example)")
        }
        return text
    }

    /// Returns a base URL without its final slash: `https`, or `http` if the host is this machine.
    ///
    /// `plainHosts` returns true for other hosts that `http` may name.
    func endpoint(_ key: String, plainHosts: (String) -> Bool = { _ in false }) throws -> String? {
        guard let text = text(key) else { return nil }
        let pattern = #/(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?((?:/[A-Za-z0-9._~-]+)*)/?/#
        guard let match = text.wholeMatch(of: pattern), match.3.map({ (1...65535).contains(Int($0) ?? 0) }) ?? true
        else {
            throw SettingsError(
                "cannot use \(key): expected https://HOST[:PORT][/PATH], without user, password, query or blanks")
        }
        let host = match.2.lowercased()
        guard match.1 == "https" || Self.isLoopback(host) || plainHosts(host) else {
            throw SettingsError("cannot use \(key) = \(text): a token would travel in clear; use https")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return host == "localhost" || host == "[::1]" || parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }

    /// True for 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 (RFC 1918).
    static func isPrivate(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard parts.count == 4 else { return false }
        return parts[0] == 10 || parts[0] == 172 && (16...31).contains(parts[1]) || parts[0] == 192 && parts[1] == 168
    }
}
