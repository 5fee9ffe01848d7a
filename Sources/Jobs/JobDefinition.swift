public import AuraModel
public import Storage

/// A kind of job: its plan, and what its steps do to the outside world.
public struct JobDefinition: Sendable {
    public var plan: JobPlan
    public var steps: [Step]

    /// `steps` in the order in which they run.
    public init(
        kind: JobKind, of instanceKind: InstanceKind = .agent, version: Int, phaseOnSuccess: Phase,
        phaseOnFailure: Phase,
        phaseWhileUndoing: Phase? = nil, timeLimit: Duration, pivot: Int? = nil, steps: [Step]
    ) {
        self.steps = steps
        self.plan = JobPlan(
            kind: kind, of: instanceKind, version: version, steps: steps.map(\.plan), phaseOnSuccess: phaseOnSuccess,
            phaseOnFailure: phaseOnFailure, phaseWhileUndoing: phaseWhileUndoing, timeLimit: timeLimit,
            pivot: pivot)
    }
}

extension JobDefinition {
    /// For a job that a destroy took over from: it has only to be ended, which needs no steps. None for any other job.
    static func ending(_ job: Job) -> JobDefinition? {
        guard job.cancellation == .superseded else { return nil }
        return JobDefinition(
            kind: job.kind, of: job.instanceKind, version: job.definitionVersion, phaseOnSuccess: .destroying,
            phaseOnFailure: .destroying, timeLimit: .zero, steps: [])
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

/// The definitions that this daemon has: the newest of each operation, and the versions of which jobs may be in flight.
public struct JobCatalogue: Sendable {
    /// The definitions under which new jobs are accepted, one for each operation.
    public let newest: [JobDefinition]
    /// Older versions, whose jobs in flight go on under the steps with which they began.
    public let former: [JobDefinition]
    private let definitions: [DefinitionID: JobDefinition]

    /// Stops the process where two definitions are of the same version, or two steps of one definition have the same name.
    public init(_ newest: [JobDefinition], former: [JobDefinition] = []) {
        self.newest = newest
        self.former = former
        definitions = Dictionary(uniqueKeysWithValues: (newest + former).map { ($0.plan.definition, $0) })
        for definition in newest + former {
            let names = definition.plan.steps.map(\.name)
            precondition(
                Set(names).count == names.count, "two steps of \(definition.plan.definition) have the same name")
        }
    }

    /// The definition under which a new job is accepted; none where instances of this kind have no such operation.
    public func definition(for kind: JobKind, of instanceKind: InstanceKind = .agent) -> JobDefinition? {
        newest.first { $0.plan.kind == kind && $0.plan.instanceKind == instanceKind }
    }

    /// The definition under which a job was accepted; none where this daemon does not have it.
    public func definition(of job: Job) -> JobDefinition? { definitions[job.definition] }

    /// What a daemon with this catalogue can work on.
    public var scope: ClaimScope { ClaimScope(definitions: Set(definitions.keys)) }
}
