// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A resource at a provider.
public struct ResourceView: Sendable, Hashable, Codable {
    public var kind: Open<ResourceKind>
    /// The provider's id of the resource.
    public var id: String
    /// The name of the resource at its provider.
    public var name: String
    /// The present state of a server, such as `running` or `off`; absent for other kinds.
    public var state: String?
    /// True if the resource has Aura's labels or tags. A resource without them is never touched.
    public var ours: Bool

    public init(kind: Open<ResourceKind>, id: String, name: String, state: String? = nil, ours: Bool) {
        self.kind = kind
        self.id = id
        self.name = name
        self.state = state
        self.ours = ours
    }
}
