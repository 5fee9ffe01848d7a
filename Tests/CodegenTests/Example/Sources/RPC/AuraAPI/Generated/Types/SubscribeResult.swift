// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The result of a subscription.
public struct SubscribeResult: Sendable, Hashable, Codable {
    public var seq: Int64

    public init(seq: Int64) {
        self.seq = seq
    }
}
