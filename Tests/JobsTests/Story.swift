import AuraModel
import Jobs
import Storage
import TestKit
import Testing

/// The time at which every test begins.
let start = Timestamp(milliseconds: 1_795_176_000_123)

let brokenDisk = Failure(.permanent, code: "invalid_input", message: "no such image", correlationID: "r-1")
let lostAnswer = Failure(.ambiguous, code: "timeout", message: "no answer within 10 s")
let busyServer = Failure(.transient, code: "locked", message: "the server is locked")

/// Drives the state machine of a job of five steps event by event, and keeps the rows as a store would.
///
/// `a`, `b` and `d` have an undo; `c` has the largest weight. There is no IO and no waiting.
final class Story {
    static let plan = JobPlan(
        kind: .provision, of: .agent, phases: .test, version: 1,
        steps: [
            StepPlan(name: "a", phase: .provisioning, timeLimit: .seconds(60), weight: 1, hasUndo: true),
            StepPlan(name: "b", phase: .provisioning, timeLimit: .seconds(600), weight: 1, hasUndo: true),
            StepPlan(name: "c", phase: .configuring, timeLimit: .seconds(600), weight: 4, hasUndo: false),
            StepPlan(name: "d", phase: .networking, timeLimit: .seconds(600), weight: 2, hasUndo: true),
            StepPlan(name: "e", phase: .networking, timeLimit: .seconds(600), weight: 2, hasUndo: false),
        ],
        phaseOnSuccess: .running, phaseOnFailure: .failed, phaseWhileUndoing: .rollingBack, timeLimit: .seconds(3600))

    var machine: JobStateMachine
    var now = start
    /// The committed transitions, in order.
    var transitions: [Transition] = []
    private var rows: Claim
    private let plan: JobPlan
    private let policy: RetryPolicy

    init(
        plan: JobPlan = Story.plan, phase: Phase = .queued, deadline: Duration = .seconds(3600),
        policy: RetryPolicy = RetryPolicy(undoTries: 3)
    ) {
        rows = Fixtures.claim(plan.kind, deadline: deadline, at: start)
        rows.instance.phase = phase
        self.plan = plan
        self.policy = policy
        machine = JobStateMachine(claim: rows, plan: plan, policy: policy)
    }

    var job: Job { machine.job }
    var events: [EventDraft] { transitions.flatMap(\.events) }
    /// The events as `type` or `type step`.
    var told: [String] { events.map { [$0.type.rawValue, $0.step].compactMap { $0 }.joined(separator: " ") } }

    func decide() -> JobStateMachine.Decision {
        machine.decide(now: now)
    }

    /// Commits the collected changes.
    @discardableResult
    func commit(releasing: Bool = false) -> Transition? {
        guard let transition = machine.takeTransition(releasing: releasing) else { return nil }
        transitions.append(transition)
        rows.job = transition.job
        rows.instance = transition.instance ?? rows.instance
        for step in transition.steps {
            rows.steps.removeAll { $0.index == step.index }
            rows.steps.append(step)
        }
        return transition
    }

    /// Claims the job for another worker, from the last committed rows. Uncommitted changes are lost.
    func reclaim(_ cancellation: Cancellation? = nil) {
        rows.job.epoch += 1
        rows.job.cancellation = cancellation ?? rows.job.cancellation
        if rows.job.state != .compensating { rows.job.state = .running }
        machine = JobStateMachine(claim: rows, plan: plan, policy: policy)
    }

    /// Releases the job, moves the time to its due time, and claims it again.
    func letGoAndComeBack(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(decide() == .pause, sourceLocation: sourceLocation)
        commit(releasing: true)
        now = max(now, job.availableAt)
        reclaim()
    }

    /// Expects that the step is next, and begins it.
    func begin(_ index: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(decide() == .perform(index), sourceLocation: sourceLocation)
        machine.beginStep(index, now: now)
        commit()
    }

    /// Expects that the step is next, begins it, and completes it a second later.
    func perform(_ index: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        begin(index, sourceLocation: sourceLocation)
        now = now + .seconds(1)
        machine.stepDone(index, now: now)
    }

    /// Expects that the undo of the step is next, and begins it.
    func beginUndo(_ index: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(decide() == .undo(index), sourceLocation: sourceLocation)
        machine.beginUndo(index, now: now)
        commit()
    }

    func undo(_ index: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        beginUndo(index, sourceLocation: sourceLocation)
        now = now + .seconds(1)
        machine.undoDone(index, now: now)
    }

    /// Expects that the job has ended in `state`.
    func end(_ state: JobState, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(decide() == .finished, sourceLocation: sourceLocation)
        commit(releasing: true)
        #expect(job.state == state, sourceLocation: sourceLocation)
        #expect(decide() == .finished, sourceLocation: sourceLocation)
        #expect(commit() == nil, sourceLocation: sourceLocation)
    }

    func fail(_ index: Int, _ failure: Failure, unit: Double = 0.5) {
        machine.stepFailed(index, failure, now: now, unit: unit)
    }
}

extension Transition {
    /// Compares the rows that two transitions write.
    static func == (left: Transition, right: Transition) -> Bool {
        left.job == right.job && left.steps == right.steps && left.instance == right.instance
            && left.events == right.events && left.releasesLease == right.releasesLease
    }
}
