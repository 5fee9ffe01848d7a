// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A condition that ends a subscription.
public enum SubscriptionEnd: String, Sendable, Hashable, Codable, CaseIterable {
    /// Every job that the filter matches has ended.
    case terminal
}
