/// An identifier that cannot be mistaken for another noun's.
///
/// The text is a UUIDv7 in lower case unless the caller chose it (a change id may be any short text).
public struct Identifier<Noun>: Sendable, Hashable, Codable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public var description: String { text }
}

public typealias InstanceID = Identifier<Instance>
public typealias JobID = Identifier<Job>
public typealias TenantID = Identifier<Tenant>
public typealias ChangeID = Identifier<Change>

/// Whose an instance is; its own operations come with quotas and tokens.
public enum Tenant {
    /// The tenant of a caller that names none.
    public static let `default` = TenantID("default")
}

/// What caused a mutation; its id travels into jobs, events, cloud labels, Ansible variables and log lines.
public enum Change {}
