// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// Why a subscription ended by itself.
public enum SubscriptionEndReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// Every job that the filter matches has come to its end.
    case terminal
    /// As many events as were asked for were delivered.
    case maxEvents
    /// The client did not keep up, and asked to be told so.
    case lagged
    /// What was to come next was pruned.
    case cursorExpired
}
