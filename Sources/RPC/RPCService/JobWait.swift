import AuraAPI
import AuraModel
import EventStream
import JSON
import JSONRPC
import Storage

/// `job.wait`: replies once the job has ended. It blocks no thread, and ends with its connection or by `$/cancelRequest`.
extension RPCService {
    private static let usualWait: Int64 = 600_000

    func wait(_ parameters: JobWaitParameters) async throws -> JobResult {
        let wanted = parameters.job.inLowerCase
        let limit = parameters.timeoutMs ?? Self.usualWait
        let ended = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.untilEnd(of: wanted)
                return true
            }
            group.addTask {
                try await self.time.sleep(for: .milliseconds(limit))
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        let last = try await job(wanted)
        guard ended || last.job.state.isTerminal else { throw Self.timeout(last.job, after: limit) }
        return last
    }

    private func untilEnd(of job: JobID) async throws {
        while true {
            // The head of the feed is read first: the feed shows an end after it, and the row shows an earlier one.
            let head = subscriptions.feed.head
            if try await self.job(job).job.state.isTerminal { return }
            try await subscriptions.feed.untilEnd(of: job, after: head)
        }
    }

    private static func timeout(_ job: JobView, after limit: Int64) -> RPCError {
        RPCError(
            .waitTimeout, "job \(job.id) is still \(job.state.rawValue) after \(limit) ms: wait on, or ask job.explain",
            data: ["job": .string(job.id.text), "state": .string(job.state.rawValue), "retryAfterMs": 0])
    }
}
