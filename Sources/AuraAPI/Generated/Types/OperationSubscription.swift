// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A subscription to the events of the job that a call makes, from its first one to its last, on the connection of
/// the call.
public struct OperationSubscription: Sendable, Hashable, Codable {
    /// The client's own id for it; one is made where none is given.
    public var subscription: String?
    /// It ends after so many events.
    public var maxEvents: Int64?
    /// `replay` where none is given.
    public var onLag: LagPolicy?

    public init(subscription: String? = nil, maxEvents: Int64? = nil, onLag: LagPolicy? = nil) {
        self.subscription = subscription
        self.maxEvents = maxEvents
        self.onLag = onLag
    }
}
