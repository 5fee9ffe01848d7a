// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// What became of it.
public struct UnsubscribeResult: Sendable, Hashable, Codable {
    /// False if the connection had no such subscription, or if the subscription ended by itself and its last
    /// notification said so.
    public var ended: Bool

    public init(ended: Bool) {
        self.ended = ended
    }
}
