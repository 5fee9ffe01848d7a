// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// What a listing of the outside world gave.
public struct ReconcileListing: Sendable, Hashable, Codable {
    public var kind: Open<ResourceKind>
    /// Things that it had.
    public var count: Int
    /// False where it failed or cannot be believed: nothing is concluded from what it lacks.
    public var believed: Bool
    /// Why it is not believed.
    public var failure: String?

    public init(kind: Open<ResourceKind>, count: Int, believed: Bool, failure: String? = nil) {
        self.kind = kind
        self.count = count
        self.believed = believed
        self.failure = failure
    }
}
