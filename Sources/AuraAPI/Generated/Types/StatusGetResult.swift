// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// An instance, and what is done to it.
public struct StatusGetResult: Sendable, Hashable, Codable {
    public var instance: InstanceView
    /// The job that works on it now.
    public var job: JobView?

    public init(instance: InstanceView, job: JobView? = nil) {
        self.instance = instance
        self.job = job
    }
}
