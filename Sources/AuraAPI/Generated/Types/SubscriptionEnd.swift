// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// When a subscription ends by itself.
public enum SubscriptionEnd: String, Sendable, Hashable, Codable, CaseIterable {
    /// Once every job that the filter matches has come to its end.
    case terminal
}
