// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Parameters that name the job to wait for and limit the wait.
public struct JobWaitParameters: Sendable, Hashable, Codable, PositionalParams {
    public var job: JobID
    /// The longest wait, in milliseconds; 600,000 (ten minutes) if absent.
    public var timeoutMs: Int64?

    public static let positions: [String] = ["job", "timeoutMs"]

    public init(job: JobID, timeoutMs: Int64? = nil) {
        self.job = job
        self.timeoutMs = timeoutMs
    }
}
