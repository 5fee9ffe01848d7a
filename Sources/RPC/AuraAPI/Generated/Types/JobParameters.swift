// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Parameters that name a job.
public struct JobParameters: Sendable, Hashable, Codable, PositionalParams {
    public var job: JobID

    public static let positions: [String] = ["job"]

    public init(job: JobID) {
        self.job = job
    }
}
