// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// One operation on one instance: a saga that continues after a crash.
public struct JobView: Sendable, Hashable, Codable {
    public var id: JobID
    public var kind: Open<JobKind>
    public var instance: InstanceID
    public var tenant: TenantID
    public var change: ChangeID
    /// Who requested the job; absent if an older daemon wrote it.
    public var principal: PrincipalID?
    public var state: Open<JobState>
    /// The number of consecutive failed tries of the present step.
    public var attempt: Int
    /// The reason why the job ends early; absent if it was not cancelled.
    public var cancellation: Open<Cancellation>?
    /// Why the present step waits or last waited, as text for people: `for the machine to boot`. Absent if it has not
    /// waited.
    public var waitingFor: String?
    /// The time at which a waiting job is due; absent if it has not waited.
    public var availableAt: Timestamp?
    /// Why the job failed, was cancelled, is being undone, or is parked; absent otherwise.
    public var failure: FailureView?
    /// The time at which the job was accepted.
    public var createdAt: Timestamp
    /// The time at which the first step began; absent before.
    public var startedAt: Timestamp?
    /// The time at which the job ended; absent before.
    public var finishedAt: Timestamp?
    /// The time at which an unfinished job fails and is undone. The time in which it is parked does not count. It has
    /// no effect on a job past its point of no return.
    public var deadline: Timestamp
    /// The job that this job retries; absent if it retries none.
    public var retryOf: JobID?
    /// The steps in their order. Present in the results of `job.get`, `job.wait` and `job.explain` only.
    public var steps: [StepView]?

    public init(
        id: JobID, kind: Open<JobKind>, instance: InstanceID, tenant: TenantID, change: ChangeID,
        principal: PrincipalID? = nil, state: Open<JobState>, attempt: Int, cancellation: Open<Cancellation>? = nil,
        waitingFor: String? = nil, availableAt: Timestamp? = nil, failure: FailureView? = nil, createdAt: Timestamp,
        startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil, deadline: Timestamp, retryOf: JobID? = nil,
        steps: [StepView]? = nil
    ) {
        self.id = id
        self.kind = kind
        self.instance = instance
        self.tenant = tenant
        self.change = change
        self.principal = principal
        self.state = state
        self.attempt = attempt
        self.cancellation = cancellation
        self.waitingFor = waitingFor
        self.availableAt = availableAt
        self.failure = failure
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.deadline = deadline
        self.retryOf = retryOf
        self.steps = steps
    }
}
