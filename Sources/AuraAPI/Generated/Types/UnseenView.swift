// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// Something that could not be looked at.
public struct UnseenView: Sendable, Hashable, Codable {
    public var kind: Open<ResourceKind>
    /// Why.
    public var reason: String

    public init(kind: Open<ResourceKind>, reason: String) {
        self.kind = kind
        self.reason = reason
    }
}
