public import AuraModel

/// Facts that the wire form of an instance shows.
public protocol VisibleFacts: InstanceFacts {
    /// Sets the members of `view` that show these facts.
    func show(in view: inout InstanceView)
}

extension InstanceView {
    /// Creates the wire form of an instance, with its facts if they are ``VisibleFacts``.
    public init(_ instance: Instance) {
        self.init(
            id: instance.id, name: instance.name, tenant: instance.tenant, kind: Open(instance.kind),
            desired: Open(instance.desired), phase: Open(instance.phase), region: instance.region, size: instance.size,
            generation: instance.generation, change: instance.change,
            failure: instance.failure.map { FailureView($0) }, createdAt: instance.createdAt,
            updatedAt: instance.updatedAt, runningAt: instance.runningAt, destroyedAt: instance.destroyedAt)
        (instance.facts.value as? any VisibleFacts)?.show(in: &self)
    }
}

extension FailureView {
    /// Creates the wire form of a failure.
    public init(_ failure: Failure) {
        self.init(
            class: Open(failure.errorClass), code: failure.code, message: failure.message,
            correlationId: failure.correlationID)
    }
}

extension JobView {
    /// Creates the wire form of a job. `steps` is `nil` in lists of jobs.
    public init(_ job: Job, steps: [StepView]? = nil) {
        self.init(
            id: job.id, kind: Open(job.kind), instance: job.instance, tenant: job.tenant, change: job.change,
            principal: job.principal, state: Open(job.state), attempt: job.attempt,
            cancellation: job.cancellation.map { Open($0) },
            waitingFor: job.waitingFor,
            availableAt: job.state == .waiting || job.waitingFor != nil ? job.availableAt : nil,
            failure: job.failure.map { FailureView($0) }, createdAt: job.createdAt, startedAt: job.startedAt,
            finishedAt: job.finishedAt, deadline: job.deadline, retryOf: job.retryOf, steps: steps)
    }
}

extension StepView {
    /// Creates the wire form of a step.
    ///
    /// `phase` is the instance's phase while the step runs.
    public init(_ record: StepRecord, phase: Phase, expectedSeconds: Double) {
        self.init(
            name: record.name, state: Open(record.state), phase: Open(phase), expectedSeconds: expectedSeconds,
            attempt: record.attempt, externalId: record.externalID, startedAt: record.startedAt,
            finishedAt: record.finishedAt)
    }
}

extension Open<JobState> {
    /// True if a job in this state has ended.
    public var isTerminal: Bool { known?.isTerminal ?? false }
}

extension EventView {
    /// Creates the wire form of an event in the ledger.
    public init(_ event: Event) {
        let entry = event.entry
        self.init(
            seq: event.seq, at: entry.at, type: Open(entry.type), tenant: entry.tenant, instance: entry.instance,
            job: entry.job, change: entry.change, principal: entry.principal, phase: entry.phase.map { Open($0) },
            step: entry.step,
            progress: entry.progress,
            message: entry.message, data: entry.data)
    }
}
