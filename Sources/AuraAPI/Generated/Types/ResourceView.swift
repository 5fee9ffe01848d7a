// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// Something in the outside world.
public struct ResourceView: Sendable, Hashable, Codable {
    public var kind: Open<ResourceKind>
    /// The provider's id.
    public var id: String
    /// Its name there.
    public var name: String
    /// What it does now, in the provider's word, where it says.
    public var state: String?
    /// Whether it carries our labels or tags; what does not is never touched.
    public var ours: Bool

    public init(kind: Open<ResourceKind>, id: String, name: String, state: String? = nil, ours: Bool) {
        self.kind = kind
        self.id = id
        self.name = name
        self.state = state
        self.ours = ours
    }
}
