// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Which job, and for how long.
public struct JobWaitParameters: Sendable, Hashable, Codable, PositionalParams {
    public var job: JobID
    /// In milliseconds; ten minutes where none is given.
    public var timeoutMs: Int64?

    public static let positions: [String] = ["job", "timeoutMs"]

    public init(job: JobID, timeoutMs: Int64? = nil) {
        self.job = job
        self.timeoutMs = timeoutMs
    }
}
