// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// One operation on one instance: a saga that survives any crash.
public struct JobView: Sendable, Hashable, Codable {
    public var id: JobID
    public var kind: Open<JobKind>
    public var instance: InstanceID
    public var tenant: TenantID
    public var change: ChangeID
    public var state: Open<JobState>
    /// Tries of the present step that failed in a row.
    public var attempt: Int
    public var cancellation: Open<Cancellation>?
    /// For people: `for the machine to boot`.
    public var waitingFor: String?
    /// When it is looked at again, while it waits.
    public var availableAt: Timestamp?
    public var failure: FailureView?
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    /// When it is given up.
    public var deadline: Timestamp
    /// The job that this one tries again.
    public var retryOf: JobID?
    /// Only where a single job was asked for.
    public var steps: [StepView]?

    public init(
        id: JobID, kind: Open<JobKind>, instance: InstanceID, tenant: TenantID, change: ChangeID, state: Open<JobState>,
        attempt: Int, cancellation: Open<Cancellation>? = nil, waitingFor: String? = nil, availableAt: Timestamp? = nil,
        failure: FailureView? = nil, createdAt: Timestamp, startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil,
        deadline: Timestamp, retryOf: JobID? = nil, steps: [StepView]? = nil
    ) {
        self.id = id
        self.kind = kind
        self.instance = instance
        self.tenant = tenant
        self.change = change
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
