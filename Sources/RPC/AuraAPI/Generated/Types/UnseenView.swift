// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A kind of resource that could not be looked up.
public struct UnseenView: Sendable, Hashable, Codable {
    public var kind: Open<ResourceKind>
    /// The cause, as text for people.
    public var reason: String

    public init(kind: Open<ResourceKind>, reason: String) {
        self.kind = kind
        self.reason = reason
    }
}
