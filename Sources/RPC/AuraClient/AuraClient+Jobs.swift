public import AuraAPI
public import AuraModel
internal import JSONRPC

/// The error for a job that ended without success; ``AuraClient/waitUntilRunning(_:timeout:)`` throws it.
public struct JobFailed: Error, Sendable, Hashable, CustomStringConvertible {
    /// The job as it ended; its `failure` holds the cause.
    public var job: JobView

    /// Creates an error.
    public init(job: JobView) {
        self.job = job
    }

    /// The job's kind, its final state and the failure's message.
    public var description: String {
        "\(job.kind) \(job.state)" + (job.failure.map { ": \($0.message)" } ?? "")
    }
}

extension AuraClient {
    /// Subscribes to all events of a job, from its first to its last.
    public func follow(_ job: JobID) async throws -> EventSubscription {
        try await subscribe(filter: FilterParameters(job: job), from: .start, until: .terminal)
    }

    /// Waits until the job has ended, in any state, and returns it.
    ///
    /// Throws ``ClientError`` with the code `timedOut` if that takes longer than `timeout`. Without a `timeout` the
    /// wait has no limit.
    public func wait(for job: JobID, timeout: Duration? = nil) async throws -> JobView {
        let start = settings.time.uptime()
        while true {
            let left = timeout.map { max($0 - (settings.time.uptime() - start), .zero) }
            do {
                let wait = min(left ?? Self.longestWait, Self.longestWait)
                return try await jobWait(job: job, timeoutMs: wait.wholeMilliseconds).job
            } catch let error as RPCError where error.code.name == RPCErrorCode.waitTimeout.name {
                guard let left, left <= Self.longestWait else { continue }
                throw ClientError(.timedOut, "cannot wait any longer for job \(job): \(error.message)")
            }
        }
    }

    /// Waits for the operation's job and returns the instance. Throws ``JobFailed`` if the job did not succeed.
    public func waitUntilRunning(_ operation: OperationResult, timeout: Duration? = nil) async throws -> InstanceView {
        let job = try await wait(for: operation.job.id, timeout: timeout)
        guard job.state == .succeeded else { throw JobFailed(job: job) }
        return try await statusGet(instance: operation.instance.id.text).instance
    }
}
