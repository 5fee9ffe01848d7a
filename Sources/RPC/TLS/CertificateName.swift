/// The URI in a client's certificate: `aura://INSTALLATION/principal/ID`.
///
/// INSTALLATION and ID have 1 to 48 characters of `A–Z a–z 0–9 . _ -` and begin with a letter or a digit. The URI can thus
/// be the principal of a job, which has at most 128 characters.
public struct CertificateName: Sendable, Hashable, CustomStringConvertible {
    /// The installation whose authority issued the certificate.
    public let installation: String
    /// The id of the principal.
    public let principal: String

    /// Creates a name from its parts. Returns `nil` if one of them has another form.
    public init?(installation: String, principal: String) {
        guard Self.isPart(installation), Self.isPart(principal) else { return nil }
        self.installation = installation
        self.principal = principal
    }

    /// Parses a URI. Returns `nil` for other texts.
    public init?(_ uri: String) {
        let prefix = "aura://"
        guard uri.hasPrefix(prefix) else { return nil }
        let parts = uri.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "principal" else { return nil }
        self.init(installation: String(parts[0]), principal: String(parts[2]))
    }

    /// The URI.
    public var description: String { "aura://\(installation)/principal/\(principal)" }

    /// True if the text can be the name of an installation or the id of a principal.
    public static func isPart(_ text: String) -> Bool {
        guard (1...48).contains(text.utf8.count), let first = text.utf8.first, isAlphanumeric(first) else {
            return false
        }
        return text.utf8.allSatisfy { isAlphanumeric($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
