public import AuraModel
public import Storage

/// A versioned definition of an operation: the plan and the actions of its steps.
public struct JobDefinition: Sendable {
    /// The properties of the definition that need no IO.
    public var plan: JobPlan
    /// The steps with their actions, in the order in which they run.
    public var steps: [Step]

    /// Creates a definition of an operation on instances of a kind. `steps` are in the order in which they run.
    public init(
        kind: JobKind, of instances: InstanceKindDefinition, version: Int, phaseOnSuccess: Phase,
        phaseOnFailure: Phase, phaseWhileUndoing: Phase? = nil, timeLimit: Duration, pivot: Int? = nil, steps: [Step]
    ) {
        self.steps = steps
        self.plan = JobPlan(
            kind: kind, of: instances.kind, phases: instances.phases, version: version, steps: steps.map(\.plan),
            phaseOnSuccess: phaseOnSuccess, phaseOnFailure: phaseOnFailure, phaseWhileUndoing: phaseWhileUndoing,
            timeLimit: timeLimit, pivot: pivot)
    }
}

extension JobDefinition {
    /// Returns a definition without steps if a destroy superseded the job, otherwise `nil`. A superseded job only has
    /// to be ended, so a daemon can end it even if it lacks the job's own definition.
    static func ending(_ job: Job) -> JobDefinition? {
        guard job.cancellation == .superseded else { return nil }
        return JobDefinition(
            kind: job.kind, of: InstanceKindDefinition(job.instanceKind, phases: [:], facts: UnknownFacts.self),
            version: job.definitionVersion, phaseOnSuccess: .destroying, phaseOnFailure: .destroying, timeLimit: .zero,
            steps: [])
    }
}

/// One step of a job.
///
/// The engine may call `perform` any number of times: after a crash, a lost reply or a wait. So `perform` looks for its
/// effect before it creates anything. It throws `Failure`, or `CancellationError` if its task is cancelled. Any other
/// error counts as permanent, except a `StorageError`, which counts as transient. The engine may call `undo` even if
/// `perform` had no effect. `undo` treats a resource that does not exist as removed.
public struct Step: Sendable {
    /// An action of a step. It may suspend, and it may be cancelled.
    public typealias Action = @Sendable (StepContext) async throws -> StepOutcome

    /// The fixed properties of the step.
    public var plan: StepPlan
    /// The action that creates the step's effect.
    public var perform: Action
    /// The action that removes the step's effect; `nil` if there is nothing to undo.
    public var undo: Action?

    /// Creates a step. Its plan has `hasUndo` if `undo` is not `nil`.
    public init(
        _ name: String, phase: Phase, timeLimit: Duration, weight: Double, perform: @escaping Action,
        undo: Action? = nil
    ) {
        self.plan = StepPlan(name: name, phase: phase, timeLimit: timeLimit, weight: weight, hasUndo: undo != nil)
        self.perform = perform
        self.undo = undo
    }
}

/// The result of an action that did not throw.
public enum StepOutcome: Sendable {
    /// The step is done. The data that it stored as its memory stays readable for later steps and for its undo.
    case done
    /// The engine calls the action again after this time. The job holds no worker meanwhile. `reason` is for people and
    /// continues the sentence "the step waits …", such as "for the machine to boot".
    case wait(Duration, reason: String)
}

/// The definitions of this daemon: the newest of each operation, and older versions whose jobs may be in flight.
public struct JobCatalogue: Sendable {
    /// The definitions of newly accepted jobs, one for each operation.
    public let newest: [JobDefinition]
    /// Older versions. Their jobs in flight continue with the steps with which they began.
    public let former: [JobDefinition]
    private let definitions: [DefinitionID: JobDefinition]

    /// Creates a catalogue. Traps if two definitions have the same id (instance kind, operation and version), or if two
    /// steps of one definition have the same name.
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

    /// Returns the newest definition of the operation `kind`, or `nil` if instances of `instanceKind` do not support
    /// the operation.
    public func definition(for kind: JobKind, of instanceKind: InstanceKind) -> JobDefinition? {
        newest.first { $0.plan.kind == kind && $0.plan.instanceKind == instanceKind }
    }

    /// Returns the definition under which the job was accepted, or `nil` if this daemon does not have it.
    public func definition(of job: Job) -> JobDefinition? { definitions[job.definition] }

    /// The jobs that a daemon with this catalogue can claim.
    public var scope: ClaimScope { ClaimScope(definitions: Set(definitions.keys)) }
}
