import AuraModel
import JSON
import Jobs
import Storage
import TestKit

/// The five steps of a real provision against a model of the outside world, and the destroy that cleans up.
///
/// The reply to the first server creation is lost. The machine has booted at the second look. The first configuration
/// fails with a transient failure. A machine is gone some seconds after its deletion. The first removal of the key
/// fails.
struct CrashScenario: Sendable {
    enum Kind: String, CaseIterable {
        /// All steps succeed.
        case succeeds
        /// The last step fails permanently after it has had its effect.
        case fails
    }

    var kind: Kind
    var cloud = ModelCloud()
    /// Passes the next boundary of the daemon's current life, or throws at its last one.
    var pass: @Sendable () async throws -> Void
    /// Returns the committed state of a step, read past the daemon.
    var committed: @Sendable (JobID, String) async throws -> StepState?

    /// The program that a daemon runs. The new programs have a second version of the provision and keep the first.
    enum Build: String, CaseIterable {
        case old
        /// Adds a step in the middle.
        case inserts
        case removes
        case renames
    }

    func catalogue(_ build: Build) -> JobCatalogue {
        let first = provision(1, steps)
        guard build != .old else { return JobCatalogue([first, destroy]) }
        return JobCatalogue([provision(2, Self.changed(steps, by: build)), destroy], former: [first])
    }

    private static func changed(_ steps: [Step], by build: Build) -> [Step] {
        var steps = steps
        switch build {
        case .old: break
        case .inserts:
            let license = Step(
                "license", phase: .provisioning, timeLimit: .seconds(600), weight: 1, perform: { _ in .done })
            steps.insert(license, at: 1)
        case .removes: steps.removeAll { $0.plan.name == "boot" }
        case .renames:
            for index in steps.indices where steps[index].plan.name == "boot" { steps[index].plan.name = "start" }
        }
        return steps
    }

    private func provision(_ version: Int, _ steps: [Step]) -> JobDefinition {
        JobDefinition(
            kind: .provision, of: .test, version: version, phaseOnSuccess: .running, phaseOnFailure: .failed,
            phaseWhileUndoing: .rollingBack, timeLimit: .seconds(3600), steps: steps)
    }

    private var steps: [Step] {
        [
            made("key", phase: .provisioning) { context in try await make("key", context) },
            made("server", phase: .provisioning) { context in
                try await make("server", context, losesFirstAnswer: true)
            },
            Step("boot", phase: .provisioning, timeLimit: .seconds(600), weight: 3) { try await boot($0) },
            Step("configure", phase: .configuring, timeLimit: .seconds(600), weight: 6) { try await configure($0) },
            made("device", phase: .networking) { context in
                let outcome = try await make("device", context)
                if kind == .fails { throw Failure(.permanent, code: "forbidden", message: "the tailnet is full") }
                return outcome
            },
        ]
    }

    private var destroy: JobDefinition {
        JobDefinition(
            kind: .destroy, of: .test, version: 1, phaseOnSuccess: .destroyed, phaseOnFailure: .degraded,
            timeLimit: .seconds(3600),
            steps: ["device", "server", "key"].map { name in
                Step("\(name).remove", phase: .destroying, timeLimit: .seconds(600), weight: 1) { context in
                    try await effect(context, isUndo: false) { cloud.remove(name) }
                    return .done
                }
            })
    }

    private func made(_ name: String, phase: Phase, perform: @escaping Step.Action) -> Step {
        Step(
            name, phase: phase, timeLimit: .seconds(600), weight: 1, perform: perform,
            undo: { context in
                if name == "key", cloud.isFirst("the key's removal") {
                    throw Failure(.transient, code: "locked", message: "the key is locked")
                }
                try await effect(context, isUndo: true) { cloud.remove(name) }
                if name == "server", try context.memory(String.self) != "going" {
                    try await context.checkpoint("going")
                    return .wait(.seconds(2), reason: "for the machine to go")
                }
                return .done
            })
    }

    /// Looks for the thing before it creates it, and writes its id down at once.
    private func make(_ name: String, _ context: StepContext, losesFirstAnswer: Bool = false) async throws
        -> StepOutcome
    {
        if let id = cloud.find(name) {
            try await context.checkpoint(externalID: id)
            return .done
        }
        let id = try await effect(context, isUndo: false) { cloud.make(name) }
        if losesFirstAnswer, cloud.isFirst("the answer of \(name)") {
            throw Failure(.ambiguous, code: "timeout", message: "no answer within 10 s")
        }
        try await context.checkpoint(externalID: id)
        return .done
    }

    private func boot(_ context: StepContext) async throws -> StepOutcome {
        let looks = try context.memory(Int.self) ?? 0
        try await context.checkpoint(looks + 1)
        return looks < 1 ? .wait(.seconds(5), reason: "for the machine to boot") : .done
    }

    private func configure(_ context: StepContext) async throws -> StepOutcome {
        try await context.report("task 1 of 2", type: .taskStarted, fraction: 0)
        if cloud.isFirst("the first configuration") {
            throw Failure(.transient, code: "unreachable", message: "the host is unreachable")
        }
        try await context.report("task 2 of 2", type: .taskStarted, fraction: 0.5)
        return .done
    }

    /// An effect between two boundaries. Its intent must be committed before the effect, whatever happens later.
    private func effect<Value>(_ context: StepContext, isUndo: Bool, _ body: () -> Value) async throws -> Value {
        try await pass()
        let state = try await committed(context.job.id, context.step.name)
        let isIntended = isUndo ? state == .undoing : state == .intent || state == .ambiguous
        if !isIntended { cloud.violate("\(context.step.name) had its effect as \(state?.rawValue ?? "nothing")") }
        let value = body()
        try await pass()
        return value
    }
}
