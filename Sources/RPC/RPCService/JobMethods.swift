import AuraAPI
import AuraModel
import EventStream
import JSONRPC
import Jobs
import Storage

/// `job.get`, `job.list`, `job.cancel`, `job.retry`, `job.wait`, `job.explain`.
extension RPCService {
    func registerJobs(in router: inout Router) {
        router.register(Methods.jobGet, followsHolds: true, reads: true) { parameters, _ in
            try await self.answering { try await self.job(parameters.job.inLowerCase) }
        }
        router.register(Methods.jobList, followsHolds: true, reads: true) { parameters, _ in
            try await self.answering { try await self.jobs(parameters) }
        }
        router.register(Methods.jobCancel, holdsEvents: true) { parameters, call in
            try await self.answering {
                try await self.cancel(parameters.job.inLowerCase, by: PrincipalID(call.principal.id))
            }
        }
        router.register(Methods.jobRetry, holdsEvents: true) { parameters, call in
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

    /// Returns the steps that began and the steps to come. Returns only the former if this daemon does not have the job's steps.
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
            tenant: parameters.tenant, change: parameters.change, states: parameters.states ?? [],
            after: try parameters.after?.asCursor(), newestFirst: parameters.order == .newest, limit: limit + 1)
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
