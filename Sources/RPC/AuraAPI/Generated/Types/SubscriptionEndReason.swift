// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The reason why a subscription ended without a call of the client.
public enum SubscriptionEndReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// Every job that the filter matches has ended.
    case terminal
    /// The requested number of events was delivered.
    case maxEvents
    /// The client did not read fast enough, and `onLag` is `close`.
    case lagged
    /// The next events were pruned.
    case cursorExpired
}
