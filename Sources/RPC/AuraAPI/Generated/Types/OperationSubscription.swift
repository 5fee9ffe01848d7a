// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// Requests a subscription to all events of the job, from the first to the last, on the connection of the call.
public struct OperationSubscription: Sendable, Hashable, Codable {
    /// The client's own id for the subscription; the daemon assigns one if absent. An id in use is
    /// `subscriptionExists`.
    public var subscription: String?
    /// The number of events after which the subscription ends; no limit if absent.
    public var maxEvents: Int64?
    /// The policy for a client that does not read fast enough; `replay` if absent.
    public var onLag: Open<LagPolicy>?

    public init(subscription: String? = nil, maxEvents: Int64? = nil, onLag: Open<LagPolicy>? = nil) {
        self.subscription = subscription
        self.maxEvents = maxEvents
        self.onLag = onLag
    }
}
