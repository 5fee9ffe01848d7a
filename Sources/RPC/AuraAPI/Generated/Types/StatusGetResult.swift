// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// An instance and its active job.
public struct StatusGetResult: Sendable, Hashable, Codable {
    public var instance: InstanceView
    /// The active job of the instance; absent if there is none.
    public var job: JobView?

    public init(instance: InstanceView, job: JobView? = nil) {
        self.instance = instance
        self.job = job
    }
}
