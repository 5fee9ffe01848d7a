import AuraAPI
import AuraModel
import EventStream
import JSON
import JSONRPC
import Jobs
import Storage

/// `job.get`, `job.list`, `job.cancel`, `job.retry`, `job.wait`, `job.explain`.
extension RPCService {
    func registerJobs(in router: inout Router) {
        router.register(Methods.jobGet, followsHolds: true, reads: true, onLoop: true) { parameters, call in
            try await self.answering { try await self.job(parameters.job.inLowerCase, in: call.tenantScope) }
        }
        router.register(Methods.jobList, followsHolds: true, reads: true, onLoop: true) { parameters, call in
            try await self.answering { try await self.jobs(parameters, in: call.tenantScope) }
        }
        router.register(Methods.jobCancel, holdsEvents: true, onLoop: true) { parameters, call in
            try await self.answering {
                try await self.cancel(
                    parameters.job.inLowerCase, in: call.tenantScope, by: PrincipalID(call.principal.id),
                    audit: call.audit)
            }
        }
        router.register(Methods.jobRetry, holdsEvents: true, onLoop: true) { parameters, call in
            try await self.answering {
                try await self.retry(
                    parameters, in: call.tenantScope, by: PrincipalID(call.principal.id), audit: call.audit)
            }
        }
        router.register(Methods.jobWait, followsHolds: true, cancelsOnClose: true) { parameters, call in
            try await self.answering { try await self.wait(parameters, in: call.tenantScope) }
        }
        router.register(Methods.jobExplain, followsHolds: true, cancelsOnClose: true) { parameters, call in
            try await self.answering { try await self.explain(parameters.job.inLowerCase, in: call.tenantScope) }
        }
    }

    /// Returns a job of the scope. Throws `jobNotFound`.
    func knownJob(_ id: JobID, in scope: TenantScope) async throws -> Job {
        guard let job = try await store.job(id, in: scope) else {
            throw RPCError(.jobNotFound, "no job has the id \(id.text.prefix(64)): job.list shows those that exist")
        }
        return job
    }

    func job(_ id: JobID, in scope: TenantScope) async throws -> JobResult {
        JobResult(job: try await view(of: knownJob(id, in: scope), in: scope))
    }

    /// Returns the job with its steps.
    func view(of job: Job, in scope: TenantScope) async throws -> JobView {
        let begun = try await store.steps(of: job.id, in: scope)
        return JobView(job, steps: try await steps(of: job, begun: begun, in: scope))
    }

    /// Returns all steps of the job, in order. If this daemon does not know the job's steps, returns only the steps
    /// that have begun.
    private func steps(of job: Job, begun: [StepRecord], in scope: TenantScope) async throws -> [StepView] {
        guard let plan = catalogue.definition(of: job)?.plan, plan.begins(with: begun) else {
            let phase = (try? await store.instance(.id(job.instance), in: scope))?.phase ?? .queued
            return begun.map { StepView($0, phase: phase, expectedSeconds: 0) }
        }
        return plan.steps.enumerated().map { index, plan in
            let record = begun.first { $0.name == plan.name } ?? StepRecord(job: job.id, index: index, name: plan.name)
            return StepView(record, phase: plan.phase, expectedSeconds: plan.weight)
        }
    }

    func jobs(_ parameters: JobListParameters, in scope: TenantScope) async throws -> JobListResult {
        let limit = parameters.limit ?? Self.usualPage
        var query = JobQuery(
            scope: scope, tenant: parameters.tenant, change: parameters.change,
            states: try parameters.states?.map { try $0.checked() } ?? [],
            after: try parameters.after?.asCursor(), newestFirst: try parameters.order?.checked() == .newest,
            limit: limit + 1)
        if let text = parameters.instance {
            query.instance = try await store.find(text, tenant: parameters.tenant, in: scope).id
        }
        let found = try await store.jobs(query)
        let (views, unreadable) = found.views(ofFirst: limit) { JobView($0) }
        faults.note(unreadable)
        return JobListResult(
            jobs: views, next: found.count > limit ? found.last(ofFirst: limit) : nil,
            unreadable: unreadable.isEmpty ? nil : unreadable.map { JobID($0.id) })
    }

    func cancel(
        _ id: JobID, in scope: TenantScope, by principal: PrincipalID, audit: AuditSlip? = nil
    ) async throws -> JobResult {
        let known = try await knownJob(id, in: scope)
        if let plan = catalogue.definition(of: known)?.plan, !known.state.isTerminal,
            try await isPastPivot(of: plan, id, in: scope)
        {
            throw RPCError(
                .pivotPassed,
                "cannot cancel job \(id), a \(known.kind.rawValue) only goes forward: job.explain says where it is"
            )
        }
        var request = CancellationRequest(job: id, in: scope, principal: principal, now: time.now())
        request.audit = audit?.draft
        let job = try await store.requestCancellation(request)
        audit?.noteWritten()
        engine.noteCancellation(of: id)
        return JobResult(job: JobView(job))
    }

    private func isPastPivot(of plan: JobPlan, _ id: JobID, in scope: TenantScope) async throws -> Bool {
        guard let pivot = plan.pivot else { return false }
        if pivot == 0 { return true }
        return try await store.steps(of: id, in: scope).contains { record in
            record.startedAt != nil && plan.index(ofStep: record.name).map { $0 >= pivot } ?? false
        }
    }
}

/// `job.retry`: makes a waiting job due now, or repeats a failed or cancelled job as a new job.
extension RPCService {
    func retry(
        _ parameters: JobRetryParameters, in scope: TenantScope, by principal: PrincipalID, audit: AuditSlip? = nil
    ) async throws -> OperationResult {
        let job = try await knownJob(parameters.job.inLowerCase, in: scope)
        guard job.state.isTerminal else { return try await makeDueNow(job, in: scope, by: principal, audit) }
        guard job.state != .succeeded else {
            throw RPCError(.nothingToRetry, "cannot retry job \(job.id), it succeeded: nothing is left to do")
        }
        return try await again(job, in: scope, key: parameters.idempotencyKey, by: principal, audit)
    }

    private func makeDueNow(
        _ job: Job, in scope: TenantScope, by principal: PrincipalID, _ audit: AuditSlip?
    ) async throws -> OperationResult {
        var request = MakeDueNowRequest(job: job.id, in: scope, principal: principal, now: time.now())
        request.audit = audit?.draft
        let updated = try await store.makeDueNow(request)
        audit?.noteWritten()
        engine.wake()
        guard let instance = try await store.instance(.id(job.instance), in: scope) else {
            throw StorageError(.corrupt, "the instance of job \(job.id) is missing")
        }
        return OperationResult(instance: InstanceView(instance), job: JobView(updated))
    }

    /// Submits a new job of the same kind on the same instance; a provision builds the instance's next machine.
    private func again(
        _ former: Job, in scope: TenantScope, key: String?, by principal: PrincipalID, _ audit: AuditSlip?
    ) async throws -> OperationResult {
        let operation = NewOperation(
            target: .existing(.id(former.instance), tenant: former.tenant), in: scope, kind: former.kind,
            change: former.change, principal: principal, input: ["retryOf": .string(former.id.text)],
            tenant: former.tenant, key: key,
            request: "job.retry \(former.id)", audit: audit, admit: operations.admission(of: former.kind))
        return try await submit(operation)
    }
}

/// `job.wait`: replies once the job has ended, or fails with `waitTimeout`. The wait blocks no thread, and ends with
/// its connection or by `$/cancelRequest`.
extension RPCService {
    private static let usualWait: Int64 = 600_000

    func wait(_ parameters: JobWaitParameters, in scope: TenantScope) async throws -> JobResult {
        let wanted = parameters.job.inLowerCase
        let limit = parameters.timeoutMs ?? Self.usualWait
        let ended = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.untilEnd(of: wanted, in: scope)
                return true
            }
            group.addTask {
                try await self.time.sleep(for: .milliseconds(limit))
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        let last = try await job(wanted, in: scope)
        guard ended || last.job.state.isTerminal else { throw Self.timeout(last.job, after: limit) }
        return last
    }

    private func untilEnd(of job: JobID, in scope: TenantScope) async throws {
        while true {
            // The head is read before the row. If the job ends after the head, the feed reports it; if it ended before,
            // the row shows it.
            let head = subscriptions.feed.head
            if try await self.job(job, in: scope).job.state.isTerminal { return }
            try await subscriptions.feed.untilEnd(of: job, after: head)
        }
    }

    private static func timeout(_ job: JobView, after limit: Int64) -> RPCError {
        RPCError(
            .waitTimeout, "job \(job.id) is still \(job.state.rawValue) after \(limit) ms: wait on, or ask job.explain",
            data: ["job": .string(job.id.text), "state": .string(job.state.rawValue), "retryAfterMs": 0])
    }
}
