// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The result of each call that starts an operation.
public struct OperationResult: Sendable, Hashable, Codable {
    /// The instance after the call.
    public var instance: InstanceView
    /// The job that the call wrote, or the job that already does the same.
    public var job: JobView
    /// The subscription that `subscribe` requested; absent without that parameter.
    public var subscription: SubscribeResult?

    public init(instance: InstanceView, job: JobView, subscription: SubscribeResult? = nil) {
        self.instance = instance
        self.job = job
        self.subscription = subscription
    }
}
