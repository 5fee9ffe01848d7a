/// The kind of a principal. A row with a kind that this version does not know is unreadable, because its rights are not
/// known.
public struct PrincipalKind: OpenName {
    /// The name in rows and on the wire.
    public let rawValue: String

    /// Creates a kind with this name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A human user.
    public static let person = PrincipalKind(rawValue: "person")
    /// A program.
    public static let service = PrincipalKind(rawValue: "service")

    /// The kinds that this version knows.
    public static let allCases: [PrincipalKind] = [.person, .service]
}
