// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The answer to every call that changes something.
public struct OperationResult: Sendable, Hashable, Codable {
    public var instance: InstanceView
    public var job: JobView
    /// The subscription that the call asked for.
    public var subscription: SubscribeResult?

    public init(instance: InstanceView, job: JobView, subscription: SubscribeResult? = nil) {
        self.instance = instance
        self.job = job
        self.subscription = subscription
    }
}
