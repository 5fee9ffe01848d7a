// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Parameters that name the job to retry.
public struct JobRetryParameters: Sendable, Hashable, Codable, PositionalParams, KeyedParameters {
    public var job: JobID
    /// The client's own key for the new job; ignored if the named job has not ended.
    public var idempotencyKey: String?

    public static let positions: [String] = ["job", "idempotencyKey"]

    public init(job: JobID, idempotencyKey: String? = nil) {
        self.job = job
        self.idempotencyKey = idempotencyKey
    }
}
