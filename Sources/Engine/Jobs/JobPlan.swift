public import AuraModel

/// The fixed properties of a job definition, as values without actions. ``JobStateMachine`` decides with them.
public struct JobPlan: Sendable, Hashable {
    /// The operation that the jobs of this plan perform.
    public var kind: JobKind
    /// The kind of instance that the operation applies to.
    public var instanceKind: InstanceKind
    /// The phases of instances of that kind.
    public var phases: PhaseTable
    /// The version of the plan. Raise it if the names, the order or the behaviour of the steps change. Keep the former
    /// version for as long as its jobs may be in flight.
    public var version: Int
    /// The steps, in the order in which they run.
    public var steps: [StepPlan]
    /// The instance's phase after success.
    public var phaseOnSuccess: Phase
    /// The instance's phase after a failed or cancelled job was undone.
    public var phaseOnFailure: Phase
    /// The instance's phase while steps are being undone; `nil` if the job undoes nothing.
    public var phaseWhileUndoing: Phase?
    /// The time from the job's creation until it counts as failed. Time in which a step is parked does not count. Past
    /// the pivot there is no such limit.
    public var timeLimit: Duration
    /// The index of the pivot: once this step has started, the job cannot be undone. 0 means that the job can never be
    /// undone. `nil` means that the job can always be undone.
    public var pivot: Int?

    /// Creates a plan from its parts.
    public init(
        kind: JobKind, of instanceKind: InstanceKind, phases: PhaseTable, version: Int, steps: [StepPlan],
        phaseOnSuccess: Phase, phaseOnFailure: Phase, phaseWhileUndoing: Phase? = nil, timeLimit: Duration,
        pivot: Int? = nil
    ) {
        self.kind = kind
        self.instanceKind = instanceKind
        self.phases = phases
        self.version = version
        self.steps = steps
        self.phaseOnSuccess = phaseOnSuccess
        self.phaseOnFailure = phaseOnFailure
        self.phaseWhileUndoing = phaseWhileUndoing
        self.timeLimit = timeLimit
        self.pivot = pivot
    }

    /// The identifier that jobs of this plan store.
    public var definition: DefinitionID { DefinitionID(instanceKind, kind, version: version) }

    /// Returns the index of the step, from 0, or `nil` if the plan has no such step.
    public func index(ofStep name: String) -> Int? { steps.firstIndex { $0.name == name } }

    /// Returns true if the steps that a job has begun are the first steps of this plan. Steps begin in order, so any
    /// other set means that the job began under another plan.
    public func begins(with begun: [StepRecord]) -> Bool {
        Set(begun.map(\.name)) == Set(steps.prefix(begun.count).map(\.name))
    }

    /// Returns the job's progress, 0 to 1, when the steps before `index` are done and the step itself is at `fraction`.
    /// The result is rounded to three decimals.
    public func progress(at index: Int, fraction: Double) -> Double {
        let total = steps.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return 1 }
        let before = steps.prefix(index).reduce(0) { $0 + $1.weight }
        let within = index < steps.count ? steps[index].weight * min(max(fraction, 0), 1) : 0
        return ((before + within) / total * 1000).rounded() / 1000
    }
}

/// The fixed properties of one step.
public struct StepPlan: Sendable, Hashable {
    /// The step's name, as `noun.verb`. It is unique within its job and is stored in rows and events.
    public var name: String
    /// The instance's phase while the step runs.
    public var phase: Phase
    /// The time from the first try of the step until it counts as failed, including waits.
    public var timeLimit: Duration
    /// The expected duration in seconds. Only its proportion to the other steps' weights counts.
    public var weight: Double
    /// True if the step has an undo action.
    public var hasUndo: Bool

    /// Creates the plan of one step.
    public init(name: String, phase: Phase, timeLimit: Duration, weight: Double, hasUndo: Bool) {
        self.name = name
        self.phase = phase
        self.timeLimit = timeLimit
        self.weight = weight
        self.hasUndo = hasUndo
    }
}

/// The backoffs between the tries of a step, and the number of tries of an undo.
public struct RetryPolicy: Sendable, Hashable {
    /// The backoff after a transient or ambiguous failure.
    public var transient: Backoff
    /// The backoff after a capacity failure.
    public var capacity: Backoff
    /// The backoff of a parked step, which cannot succeed until an operator has repaired the cause.
    public var parked: Backoff
    /// The number of failed tries after which one undo counts as failed. After that it is tried rarely, with the
    /// backoff ``parked``.
    public var undoTries: Int

    /// Creates a policy; each parameter has the default of production.
    public init(
        transient: Backoff = .transient, capacity: Backoff = .capacity, parked: Backoff = .parked, undoTries: Int = 8
    ) {
        self.transient = transient
        self.capacity = capacity
        self.parked = parked
        self.undoTries = undoTries
    }
}
