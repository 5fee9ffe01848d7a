public import AuraModel

/// A kind of job: its plan, and what its steps do to the outside world.
public struct JobDefinition: Sendable {
    public var plan: JobPlan
    public var steps: [Step]

    /// `steps` in the order in which they run.
    public init(
        kind: JobKind, version: Int, phaseOnSuccess: Phase, phaseOnFailure: Phase, phaseWhileUndoing: Phase? = nil,
        timeLimit: Duration, pivot: Int? = nil, steps: [Step]
    ) {
        self.steps = steps
        self.plan = JobPlan(
            kind: kind, version: version, steps: steps.map(\.plan), phaseOnSuccess: phaseOnSuccess,
            phaseOnFailure: phaseOnFailure, phaseWhileUndoing: phaseWhileUndoing, timeLimit: timeLimit,
            pivot: pivot)
    }
}

/// One step of a job.
///
/// `perform` may run any number of times: after a crash, a lost answer or a wait it is called again, so it looks before it
/// makes. It throws ``Failure`` (another error counts as permanent), and `CancellationError` when its task is cancelled.
/// `undo` may run although `perform` never got anywhere, and treats what is gone as done.
public struct Step: Sendable {
    public typealias Action = @Sendable (StepContext) async throws -> StepOutcome

    public var plan: StepPlan
    public var perform: Action
    public var undo: Action?

    public init(
        _ name: String, phase: Phase, timeLimit: Duration, weight: Double, perform: @escaping Action,
        undo: Action? = nil
    ) {
        self.plan = StepPlan(name: name, phase: phase, timeLimit: timeLimit, weight: weight, hasUndo: undo != nil)
        self.perform = perform
        self.undo = undo
    }
}

/// How a call of a step ended, if it did not throw.
public enum StepOutcome: Sendable {
    /// The step is done; its memory stays readable for later steps and for its undo.
    case done
    /// Call again after this time. No worker is held meanwhile. `reason` is for people: "for the machine to boot".
    case wait(Duration, reason: String)
}

/// The definitions of all kinds, the newest of each and those under which jobs may still be at work.
public struct JobCatalogue: Sendable {
    private let newest: [JobKind: JobDefinition]
    private let former: [JobKind: [Int: JobDefinition]]

    /// - Parameter former: older versions, whose jobs in flight go on under the steps with which they began.
    public init(_ definitions: [JobDefinition], former: [JobDefinition] = []) {
        newest = Dictionary(uniqueKeysWithValues: definitions.map { ($0.plan.kind, $0) })
        self.former = Dictionary(grouping: former) { $0.plan.kind }.mapValues { definitions in
            Dictionary(uniqueKeysWithValues: definitions.map { ($0.plan.version, $0) })
        }
    }

    public subscript(kind: JobKind) -> JobDefinition? { newest[kind] }

    /// The definition under which a job was accepted; the newest one if that version is not kept.
    public func definition(of job: Job) -> JobDefinition? {
        former[job.kind]?[job.definitionVersion] ?? newest[job.kind]
    }

    /// The older versions.
    public var older: [JobDefinition] { former.values.flatMap(\.values) }
}
