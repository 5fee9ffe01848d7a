public import AuraAPI
public import AuraModel
internal import JSONRPC

/// A job that was waited for did not reach what was asked.
public struct JobFailed: Error, Sendable, Hashable, CustomStringConvertible {
    /// How it ended; its `failure` says why.
    public var job: JobView

    /// Creates an error.
    public init(job: JobView) {
        self.job = job
    }

    /// What the job was, how it ended, and why.
    public var description: String {
        "\(job.kind) \(job.state)" + (job.failure.map { ": \($0.message)" } ?? "")
    }
}

extension AuraClient {
    /// All events of a job, from its first to its last.
    public func follow(_ job: JobID) async throws -> EventSubscription {
        try await subscribe(filter: FilterParameters(job: job), from: .start, until: .terminal)
    }

    /// The job once it has ended, however that was. Throws ``ClientError`` where that takes longer than `timeout`.
    public func wait(for job: JobID, timeout: Duration? = nil) async throws -> JobView {
        let start = settings.time.uptime()
        while true {
            let left = timeout.map { max($0 - (settings.time.uptime() - start), .zero) }
            do {
                let turn = min(left ?? Self.longestWait, Self.longestWait)
                return try await jobWait(job: job, timeoutMs: turn.wholeMilliseconds).job
            } catch let error as RPCError where error.code.name == RPCErrorCode.waitTimeout.name {
                guard let left, left <= Self.longestWait else { continue }
                throw ClientError(.timedOut, "cannot wait any longer for job \(job): \(error.message)")
            }
        }
    }

    /// The instance once the operation's job has succeeded; throws ``JobFailed`` where it did not.
    public func waitUntilRunning(_ operation: OperationResult, timeout: Duration? = nil) async throws -> InstanceView {
        let job = try await wait(for: operation.job.id, timeout: timeout)
        guard job.state == .succeeded else { throw JobFailed(job: job) }
        return try await statusGet(instance: operation.instance.id.text).instance
    }
}
