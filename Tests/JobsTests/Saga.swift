import AuraModel
import Jobs
import Storage
import TestKit

/// A plan of five steps to decide about, of which the second and the fourth have nothing to undo.
enum Saga {
    static let start = Timestamp(milliseconds: 1_795_176_000_000)

    static let plan = JobPlan(
        kind: .provision, version: 1,
        steps: ["a.make", "b.look", "c.make", "d.look", "e.make"].map { name in
            StepPlan(
                name: name, phase: name == "e.make" ? .networking : .provisioning, timeLimit: .seconds(100), weight: 1,
                hasUndo: name.hasSuffix("make"))
        },
        phaseOnSuccess: .running, phaseOnFailure: .failed, phaseWhileUndoing: .rollingBack, timeLimit: .seconds(1000))

    static func machine(policy: RetryPolicy = RetryPolicy(undoTries: 3)) -> JobStateMachine {
        JobStateMachine(claim: Fixtures.claim(at: start), plan: plan, policy: policy)
    }

    static func failure(_ errorClass: ErrorClass, code: String = "boom") -> Failure {
        Failure(errorClass, code: code, message: "it went \(code)")
    }
}

extension JobStateMachine {
    /// Does the steps before `index`.
    mutating func advance(to index: Int, now: Timestamp = Saga.start) {
        for step in 0..<index {
            beginStep(step, now: now)
            stepDone(step, now: now)
        }
    }

    /// Takes the next claim of the job: what a new worker reads from the rows.
    func claimedAgain() -> JobStateMachine {
        var job = job
        job.epoch += 1
        if job.state == .waiting { job.state = .running }
        return JobStateMachine(
            claim: Claim(job: job, instance: instance, steps: Array(steps.values)), plan: plan,
            policy: RetryPolicy(undoTries: 3))
    }

    var eventTypes: [EventType] {
        var copy = self
        return copy.takeTransition(releasing: false)?.events.map(\.type) ?? []
    }
}
