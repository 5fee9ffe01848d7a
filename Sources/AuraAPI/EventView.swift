public import AuraModel
public import JSON

/// An entry of the ledger as the wire shows it.
public struct EventView: Sendable, Hashable, Codable {
    public var seq: Int64
    public var at: Timestamp
    public var type: EventType
    public var tenant: TenantID
    public var instance: InstanceID?
    public var job: JobID?
    public var change: ChangeID?
    public var phase: Phase?
    public var step: String?
    /// How far the job is, 0 to 1.
    public var progress: Double?
    public var message: String
    public var data: JSONValue?

    public init(_ event: Event) {
        seq = event.seq
        at = event.entry.at
        type = event.entry.type
        tenant = event.entry.tenant
        instance = event.entry.instance
        job = event.entry.job
        change = event.entry.change
        phase = event.entry.phase
        step = event.entry.step
        progress = event.entry.progress
        message = event.entry.message
        data = event.entry.data
    }
}

/// The parameters of the notification `status.event`.
public struct EventNotification: Sendable, Codable {
    public static let method = "status.event"

    public var subscription: String
    public var result: EventView

    public init(subscription: String, result: EventView) {
        self.subscription = subscription
        self.result = result
    }
}

/// The parameters of the last `status.event` of a subscription that ends by itself.
public struct SubscriptionEndNotification: Sendable, Codable {
    public struct End: Sendable, Codable {
        /// Always `subscription.ended`.
        public var type: String
        /// `terminal`: every job that the filter matched has come to its end.
        public var reason: String
        /// The place in the ledger up to which the subscription delivered.
        public var seq: Int64
    }

    public var subscription: String
    public var result: End

    public init(subscription: String, reason: String, seq: Int64) {
        self.subscription = subscription
        self.result = End(type: "subscription.ended", reason: reason, seq: seq)
    }
}
