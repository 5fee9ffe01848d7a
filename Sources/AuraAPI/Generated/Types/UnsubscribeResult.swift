// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// What became of it.
public struct UnsubscribeResult: Sendable, Hashable, Codable {
    /// False where the connection had no such subscription.
    public var ended: Bool

    public init(ended: Bool) {
        self.ended = ended
    }
}
