/// Patterns for settings, as the code that uses them requires: the roles, the providers' APIs and OpenSSH.
///
/// `Tests/EndToEnd/test_settings.py` compares `agentVersion` and `sha256` with the role's own checks.
enum SettingPatterns {
    static let agentVersion = "[0-9]+[.][0-9]+[.][0-9]+(-[0-9A-Za-z.-]+)?"
    static let sha256 = "[0-9a-fA-F]{64}"
    /// A package's integrity as npm writes it: SHA-512, 64 bytes in Base64.
    static let integrity = "sha512-[A-Za-z0-9+/]{86}=="
    /// Tailscale's tags: a letter, then letters, digits and hyphens.
    static let tag = "tag:[A-Za-z][A-Za-z0-9-]*"
    /// Hetzner's API tokens have 64 characters; a shorter one was copied in part.
    static let hetznerToken = "[A-Za-z0-9]{64}"
    static let image = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
    static let firewallName = "[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}"
    static let userName = "[a-z_][a-z0-9_-]{0,31}"
    static let word = "[a-z0-9][a-z0-9-]{0,62}"
    static let clientID = "[A-Za-z0-9_-]{1,128}"
}
