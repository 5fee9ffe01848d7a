/// A typed identifier. The type parameter prevents, for example, the use of a job's id as an instance's id.
///
/// The ids of instances and jobs are UUIDv7 texts in lower case. So is a change id, unless the client chose another
/// text. The ids of tenants and principals are not UUIDs.
public struct Identifier<Noun>: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The identifier's text, as in rows and on the wire.
    public let text: String

    /// Creates an identifier from any text. The text is not checked.
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

/// The caller of an RPC method. It has no value: the type only distinguishes its ids.
public enum Caller {}

/// The owner of instances. It has no value: the type only distinguishes its ids.
public enum Tenant {
    /// The tenant of a request that names no tenant.
    public static let `default` = TenantID("default")
    /// The owner of the secrets of the installation itself. It is not a tenant: no caller can name it, because its id
    /// does not have the form of one, and no list has it.
    public static let installation = TenantID("_installation")
}

/// The cause of a mutation. Its id is copied to jobs, events, provider labels, Ansible variables and log lines.
public enum Change {}
