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
        router.register(Methods.jobGet, followsHolds: true, reads: true, onLoop: true) { parameters, _ in
            try await self.answering { try await self.job(parameters.job.inLowerCase) }
        }
        router.register(Methods.jobList, followsHolds: true, reads: true, onLoop: true) { parameters, _ in
            try await self.answering { try await self.jobs(parameters) }
        }
        router.register(Methods.jobCancel, holdsEvents: true, onLoop: true) { parameters, call in
            try await self.answering {
                try await self.cancel(parameters.job.inLowerCase, by: PrincipalID(call.principal.id))
            }
        }
        router.register(Methods.jobRetry, holdsEvents: true, onLoop: true) { parameters, call in
            try await self.answering { try await self.retry(parameters, by: PrincipalID(call.principal.id)) }
        }
        router.register(Methods.jobWait, followsHolds: true, cancelsOnClose: true) { parameters, _ in
            try await self.answering { try await self.wait(parameters) }
        }
        router.register(Methods.jobExplain, followsHolds: true, cancelsOnClose: true) { parameters, _ in
            try await self.answering { try await self.explain(parameters.job.inLowerCase) }
        }
    }

    func knownJob(_ id: JobID) async throws -> Job {
        guard let job = try await store.job(id) else {
            throw RPCError(.jobNotFound, "no job has the id \(id.text.prefix(64)): job.list shows those that exist")
        }
        return job
    }

    func job(_ id: JobID) async throws -> JobResult {
        JobResult(job: try await view(of: knownJob(id)))
    }

    /// Returns the job with its steps.
    func view(of job: Job) async throws -> JobView {
        JobView(job, steps: try await steps(of: job, begun: try await store.steps(of: job.id)))
    }

    /// Returns all steps of the job, in order. If this daemon does not know the job's steps, returns only the steps
    /// that have begun.
    private func steps(of job: Job, begun: [StepRecord]) async throws -> [StepView] {
        guard let plan = catalogue.definition(of: job)?.plan, plan.begins(with: begun) else {
            let phase = (try? await store.instance(.id(job.instance)))?.phase ?? .queued
            return begun.map { StepView($0, phase: phase, expectedSeconds: 0) }
        }
        return plan.steps.enumerated().map { index, plan in
            let record = begun.first { $0.name == plan.name } ?? StepRecord(job: job.id, index: index, name: plan.name)
            return StepView(record, phase: plan.phase, expectedSeconds: plan.weight)
        }
    }

    private func jobs(_ parameters: JobListParameters) async throws -> JobListResult {
        let limit = parameters.limit ?? Self.usualPage
        var query = JobQuery(
            tenant: parameters.tenant, change: parameters.change,
            states: try parameters.states?.map { try $0.checked() } ?? [],
            after: try parameters.after?.asCursor(), newestFirst: try parameters.order?.checked() == .newest,
            limit: limit + 1)
        if let text = parameters.instance {
            query.instance = try await instance(text, tenant: parameters.tenant).id
        }
        let found = try await store.jobs(query)
        let page = found.prefix(limit)
        faults.note(page.unreadable)
        return JobListResult(
            jobs: page.rows.map { JobView($0) }, next: found.count > limit ? page.last : nil,
            unreadable: page.unreadable.isEmpty ? nil : page.unreadable.map { JobID($0.id) })
    }

    private func cancel(_ id: JobID, by principal: PrincipalID) async throws -> JobResult {
        let known = try await knownJob(id)
        if let plan = catalogue.definition(of: known)?.plan, !known.state.isTerminal,
            try await isPastPivot(of: plan, id)
        {
            throw RPCError(
                .pivotPassed,
                "cannot cancel job \(id), a \(known.kind.rawValue) only goes forward: job.explain says where it is"
            )
        }
        let job = try await store.requestCancellation(
            CancellationRequest(job: id, principal: principal, now: time.now()))
        engine.noteCancellation(of: id)
        return JobResult(job: JobView(job))
    }

    private func isPastPivot(of plan: JobPlan, _ id: JobID) async throws -> Bool {
        guard let pivot = plan.pivot else { return false }
        if pivot == 0 { return true }
        return try await store.steps(of: id).contains { record in
            record.startedAt != nil && plan.index(ofStep: record.name).map { $0 >= pivot } ?? false
        }
    }
}

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

/// `job.wait`: replies once the job has ended, or fails with `waitTimeout`. The wait blocks no thread, and ends with
/// its connection or by `$/cancelRequest`.
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
            // The head is read before the row. If the job ends after the head, the feed reports it; if it ended before,
            // the row shows it.
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
