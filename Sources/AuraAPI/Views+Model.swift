public import AuraModel

extension InstanceView {
    /// An instance as the wire shows it.
    public init(_ instance: Instance) {
        self.init(
            id: instance.id, name: instance.name, tenant: instance.tenant, kind: Open(instance.kind),
            desired: Open(instance.desired), phase: Open(instance.phase), region: instance.region, size: instance.size,
            generation: instance.generation, change: instance.change, server: instance.server,
            tailnet: instance.tailnet, agentVersion: instance.agentVersion,
            failure: instance.failure.map { FailureView($0) }, createdAt: instance.createdAt,
            updatedAt: instance.updatedAt, runningAt: instance.runningAt, destroyedAt: instance.destroyedAt)
    }
}

extension FailureView {
    /// A failure as the wire shows it.
    public init(_ failure: Failure) {
        self.init(
            class: Open(failure.errorClass), code: failure.code, message: failure.message,
            correlationId: failure.correlationID)
    }
}

extension JobView {
    /// A job as the wire shows it; its steps only where a single job was asked for.
    public init(_ job: Job, steps: [StepView]? = nil) {
        self.init(
            id: job.id, kind: Open(job.kind), instance: job.instance, tenant: job.tenant, change: job.change,
            state: Open(job.state), attempt: job.attempt, cancellation: job.cancellation.map { Open($0) },
            waitingFor: job.waitingFor,
            availableAt: job.state == .waiting || job.waitingFor != nil ? job.availableAt : nil,
            failure: job.failure.map { FailureView($0) }, createdAt: job.createdAt, startedAt: job.startedAt,
            finishedAt: job.finishedAt, deadline: job.deadline, retryOf: job.retryOf, steps: steps)
    }
}

extension StepView {
    /// A step as the wire shows it.
    ///
    /// - Parameter phase: the instance's phase while it runs.
    public init(_ record: StepRecord, phase: Phase, expectedSeconds: Double) {
        self.init(
            name: record.name, state: Open(record.state), phase: Open(phase), expectedSeconds: expectedSeconds,
            attempt: record.attempt, externalId: record.externalID, startedAt: record.startedAt,
            finishedAt: record.finishedAt)
    }
}

extension Open<JobState> {
    /// Whether a job in this state has come to its end.
    public var isTerminal: Bool { known?.isTerminal ?? false }
}

extension EventView {
    /// An entry of the ledger as the wire shows it.
    public init(_ event: Event) {
        let entry = event.entry
        self.init(
            seq: event.seq, at: entry.at, type: Open(entry.type), tenant: entry.tenant, instance: entry.instance,
            job: entry.job, change: entry.change, phase: entry.phase.map { Open($0) }, step: entry.step,
            progress: entry.progress,
            message: entry.message, data: entry.data)
    }
}
