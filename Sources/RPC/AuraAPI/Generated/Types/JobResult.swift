// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The job of the call.
public struct JobResult: Sendable, Hashable, Codable {
    public var job: JobView

    public init(job: JobView) {
        self.job = job
    }
}
