import AuraAPI
import AuraModel
import EventStream
import JSON
import JSONRPC
import Jobs
import Storage

/// `job.retry`: makes a waiting job due now, or repeats a failed or cancelled job as a new job.
extension RPCService {
    func retry(_ parameters: JobRetryParameters, by principal: PrincipalID) async throws -> OperationResult {
        let job = try await knownJob(parameters.job.inLowerCase)
        guard job.state.isTerminal else { return try await makeDueNow(job, by: principal) }
        guard job.state != .succeeded else {
            throw RPCError(.nothingToRetry, "cannot retry job \(job.id), it succeeded: nothing is left to do")
        }
        return try await again(job, key: parameters.idempotencyKey, by: principal)
    }

    private func makeDueNow(_ job: Job, by principal: PrincipalID) async throws -> OperationResult {
        let now = time.now()
        let updated = try await store.makeDueNow(MakeDueNowRequest(job: job.id, principal: principal, now: now))
        engine.wake()
        guard let instance = try await store.instance(.id(job.instance)) else {
            throw StorageError(.corrupt, "the instance of job \(job.id) is missing")
        }
        return OperationResult(instance: InstanceView(instance), job: JobView(updated))
    }

    /// Submits a new job of the same kind on the same instance; a provision builds the instance's next machine.
    private func again(_ former: Job, key: String?, by principal: PrincipalID) async throws -> OperationResult {
        let operation = NewOperation(
            target: .existing(.id(former.instance), tenant: former.tenant), kind: former.kind,
            change: former.change, principal: principal, input: ["retryOf": .string(former.id.text)],
            tenant: former.tenant, key: key,
            request: "job.retry \(former.id)", admit: operations.admission(of: former.kind))
        return try await submit(operation)
    }
}
