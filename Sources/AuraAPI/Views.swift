public import AuraModel

/// An instance as the wire shows it.
public struct InstanceView: Sendable, Hashable, Codable {
    public var id: InstanceID
    public var name: String
    public var tenant: TenantID
    public var kind: InstanceKind
    public var desired: DesiredState
    public var phase: Phase
    public var region: String
    public var size: String
    public var generation: Int
    public var change: ChangeID
    public var server: ServerFacts?
    public var tailnet: TailnetFacts?
    public var agentVersion: String?
    public var failure: FailureView?
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
    public var runningAt: Timestamp?
    public var destroyedAt: Timestamp?

    public init(_ instance: Instance) {
        id = instance.id
        name = instance.name
        tenant = instance.tenant
        kind = instance.kind
        desired = instance.desired
        phase = instance.phase
        region = instance.region
        size = instance.size
        generation = instance.generation
        change = instance.change
        server = instance.server
        tailnet = instance.tailnet
        agentVersion = instance.agentVersion
        failure = instance.failure.map(FailureView.init)
        createdAt = instance.createdAt
        updatedAt = instance.updatedAt
        runningAt = instance.runningAt
        destroyedAt = instance.destroyedAt
    }
}

/// Why something did not succeed, in the cause's own words.
public struct FailureView: Sendable, Hashable, Codable {
    /// `transient`, `capacity`, `permanent` or `ambiguous`.
    public var `class`: ErrorClass
    public var code: String
    public var message: String
    public var correlationId: String?

    public init(_ failure: Failure) {
        self.class = failure.errorClass
        code = failure.code
        message = failure.message
        correlationId = failure.correlationID
    }
}

/// A job as the wire shows it.
public struct JobView: Sendable, Hashable, Codable {
    public var id: JobID
    public var kind: JobKind
    public var instance: InstanceID
    public var tenant: TenantID
    public var change: ChangeID
    public var state: JobState
    /// Tries of the present step that failed in a row.
    public var attempt: Int
    public var cancellation: Cancellation?
    public var waitingFor: String?
    /// When it is looked at again, while it waits.
    public var availableAt: Timestamp?
    public var failure: FailureView?
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    public var deadline: Timestamp
    /// The job that this one tries again.
    public var retryOf: JobID?
    /// Only where a single job was asked for.
    public var steps: [StepView]?

    public init(_ job: Job, steps: [StepView]? = nil) {
        id = job.id
        kind = job.kind
        instance = job.instance
        tenant = job.tenant
        change = job.change
        state = job.state
        attempt = job.attempt
        cancellation = job.cancellation
        waitingFor = job.waitingFor
        availableAt = job.state == .waiting || job.waitingFor != nil ? job.availableAt : nil
        failure = job.failure.map(FailureView.init)
        createdAt = job.createdAt
        startedAt = job.startedAt
        finishedAt = job.finishedAt
        deadline = job.deadline
        retryOf = job.retryOf
        self.steps = steps
    }
}

/// A step of a job, begun or still to come.
public struct StepView: Sendable, Hashable, Codable {
    public var name: String
    public var state: StepState
    /// The instance's phase while it runs.
    public var phase: Phase
    /// How long it usually takes, in seconds.
    public var expectedSeconds: Double
    public var attempt: Int
    /// The id of what it made in the outside world.
    public var externalId: String?
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?

    public init(
        name: String, state: StepState, phase: Phase, expectedSeconds: Double, attempt: Int, externalId: String?,
        startedAt: Timestamp?, finishedAt: Timestamp?
    ) {
        self.name = name
        self.state = state
        self.phase = phase
        self.expectedSeconds = expectedSeconds
        self.attempt = attempt
        self.externalId = externalId
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}
