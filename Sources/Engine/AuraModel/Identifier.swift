/// A typed identifier. The type parameter prevents the use of one noun's id for another noun.
///
/// The text is a UUIDv7 in lower case, unless the caller chose it: a change id may be any short text.
public struct Identifier<Noun>: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The identifier's text, as in rows and on the wire.
    public let text: String

    /// Creates an identifier from its text, without a check.
    public init(_ text: String) {
        self.text = text
    }

    /// Decodes the identifier from a single string.
    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    /// Encodes the identifier as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// The identifier's text.
    public var description: String { text }
}

/// The id of an ``Instance``.
public typealias InstanceID = Identifier<Instance>
/// The id of a ``Job``.
public typealias JobID = Identifier<Job>
/// The id of a ``Tenant``.
public typealias TenantID = Identifier<Tenant>
/// The id of a ``Change``.
public typealias ChangeID = Identifier<Change>

/// The id of a ``Caller``, such as `uid:1000`. It is not a UUID.
public typealias PrincipalID = Identifier<Caller>

/// The caller of a method, which is the cause of a change. Only its id exists so far.
public enum Caller {}

/// The owner of instances. Only its id exists so far.
public enum Tenant {
    /// The tenant of a request that names no tenant.
    public static let `default` = TenantID("default")
}

/// The cause of a mutation. Its id is passed on to jobs, events, cloud labels, Ansible variables and log lines.
public enum Change {}
