public import AuraModel

/// What a kind of job consists of, as values that decisions are made of.
public struct JobPlan: Sendable, Hashable {
    public var kind: JobKind
    public var instanceKind: InstanceKind
    /// Raised when the steps change: their names, their order, what they do. The version before is kept for as long as jobs of it
    /// may be in flight.
    public var version: Int
    public var steps: [StepPlan]
    /// The instance's phase after success.
    public var phaseOnSuccess: Phase
    /// The instance's phase once the job failed or was cancelled, and was undone.
    public var phaseOnFailure: Phase
    /// The instance's phase while steps are being undone. None where the kind undoes nothing.
    public var phaseWhileUndoing: Phase?
    /// From the job's start of life to its failure.
    public var timeLimit: Duration
    /// The step that is the point of no return: once it was begun, the job only goes forward; 0 from the job's acceptance.
    /// None where there is always a way back.
    public var pivot: Int?

    public init(
        kind: JobKind, of instanceKind: InstanceKind = .agent, version: Int, steps: [StepPlan], phaseOnSuccess: Phase,
        phaseOnFailure: Phase, phaseWhileUndoing: Phase? = nil, timeLimit: Duration, pivot: Int? = nil
    ) {
        self.kind = kind
        self.instanceKind = instanceKind
        self.version = version
        self.steps = steps
        self.phaseOnSuccess = phaseOnSuccess
        self.phaseOnFailure = phaseOnFailure
        self.phaseWhileUndoing = phaseWhileUndoing
        self.timeLimit = timeLimit
        self.pivot = pivot
    }

    /// What jobs that follow this plan have written down.
    public var definition: DefinitionID { DefinitionID(instanceKind, kind, version: version) }

    /// The place of a step, from 0.
    public func index(ofStep name: String) -> Int? { steps.firstIndex { $0.name == name } }

    /// Whether the steps that a job has begun are the first ones of this plan. Steps begin in their order, so anything else means
    /// that the job began under another plan.
    public func begins(with begun: [StepRecord]) -> Bool {
        Set(begun.map(\.name)) == Set(steps.prefix(begun.count).map(\.name))
    }

    /// How far the job is when the steps before `index` are done and that step is at `fraction`: 0 to 1.
    public func progress(at index: Int, fraction: Double) -> Double {
        let total = steps.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return 1 }
        let before = steps.prefix(index).reduce(0) { $0 + $1.weight }
        let within = index < steps.count ? steps[index].weight * min(max(fraction, 0), 1) : 0
        return ((before + within) / total * 1000).rounded() / 1000
    }
}

/// What is fixed of one step.
public struct StepPlan: Sendable, Hashable {
    /// The step's name, `noun.verb`: unique within its job, kept in rows and events.
    public var name: String
    /// The instance's phase while it runs.
    public var phase: Phase
    /// From its first try to its failure, waits included.
    public var timeLimit: Duration
    /// Its usual length beside the other steps', in seconds.
    public var weight: Double
    public var hasUndo: Bool

    public init(name: String, phase: Phase, timeLimit: Duration, weight: Double, hasUndo: Bool) {
        self.name = name
        self.phase = phase
        self.timeLimit = timeLimit
        self.weight = weight
        self.hasUndo = hasUndo
    }
}

/// How patiently steps are tried again.
public struct RetryPolicy: Sendable, Hashable {
    public var transient: Backoff
    public var capacity: Backoff
    /// Between the tries of what cannot succeed until somebody repaired something.
    public var parked: Backoff
    /// Tries of one undo that may fail before it counts as failed, and is tried rarely.
    public var undoTries: Int

    public init(
        transient: Backoff = .transient, capacity: Backoff = .capacity, parked: Backoff = .parked, undoTries: Int = 8
    ) {
        self.transient = transient
        self.capacity = capacity
        self.parked = parked
        self.undoTries = undoTries
    }
}
