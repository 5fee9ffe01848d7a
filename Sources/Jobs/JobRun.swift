import AuraModel
import JSON
import Locking
import Logging
import Storage

/// One worker's hold of one job, from its claim until it lets go.
///
///     claim ──▶ decide ──▶ begin (commit) ──▶ the step runs ──▶ outcome ──▶ decide … ──▶ let go (commit)
///                              │ fenced                │ stop signal
///                              ▼                       ▼
///                          abandoned            cancelled · interrupted · abandoned
final class JobRun: Sendable {
    /// What a run needs from the daemon.
    struct Environment: Sendable {
        var store: any Store
        var time: any TimeSource
        var random: any RandomSource
        var lease: Duration
        var logger: Logger
    }

    let definition: JobDefinition
    let environment: Environment
    let machine: Locked<JobStateMachine>
    let stop = StopSignal()
    let held: LeaseExtension.Held
    let claimedAt = ContinuousClock.now

    init(claim: Claim, definition: JobDefinition, policy: RetryPolicy, environment: Environment) {
        self.definition = definition
        self.environment = environment
        self.held = LeaseExtension.Held(job: claim.job.id, epoch: claim.job.epoch)
        self.machine = Locked(JobStateMachine(claim: claim, plan: definition.plan, policy: policy))
    }

    /// Works on the job until it waits, ends, or is taken away.
    func work() async {
        do {
            while true {
                let decision = machine.withLock { $0.decide(now: environment.time.now()) }
                switch decision {
                case .perform(let index): try await perform(index)
                case .undo(let index): try await undo(index)
                case .pause, .finished: return try await commit(releasing: true)
                }
            }
        } catch let error as StorageError where error.code == .fenced {
            environment.logger.notice("job \(held.job) belongs to another worker now")
        } catch {
            environment.logger.error("stopped working on job \(held.job): \(error)")
        }
    }

    private func perform(_ index: Int) async throws {
        machine.withLock { $0.beginStep(index, now: environment.time.now()) }
        try await commit()
        let result = await supervise(index, definition.steps[index].perform)
        let now = environment.time.now()
        let unit = environment.random.unit()
        try checkLease()
        machine.withLock { machine in
            switch result {
            case .returned(.done): machine.stepDone(index, now: now)
            case .returned(.wait(let duration, let reason)):
                machine.stepWaits(index, for: duration, reason: reason, now: now)
            case .threw(let failure): machine.stepFailed(index, failure, now: now, unit: unit)
            case .stopped: break
            }
            if stop.reason == .drain { machine.interrupt(now: now) }
        }
        try await learnCancellation()
    }

    private func undo(_ index: Int) async throws {
        guard let action = definition.steps[index].undo else { return }
        machine.withLock { $0.beginUndo(index, now: environment.time.now()) }
        try await commit()
        let result = await supervise(index, action)
        let now = environment.time.now()
        let unit = environment.random.unit()
        try checkLease()
        machine.withLock { machine in
            switch result {
            case .returned(.done): machine.undoDone(index, now: now)
            case .returned(.wait(let duration, let reason)):
                machine.undoWaits(index, for: duration, reason: reason, now: now)
            case .threw(let failure): machine.undoFailed(index, failure, now: now, unit: unit)
            case .stopped: break
            }
            if stop.reason == .drain { machine.interrupt(now: now) }
        }
    }

    /// Changes the machine and commits, for a step that runs.
    func write(_ change: @Sendable (inout JobStateMachine) -> Void) async throws {
        try checkLease()
        machine.withLock { change(&$0) }
        try await commit()
    }

    /// Asks the store what others want of the job, once a signal said that they want something.
    private func learnCancellation() async throws {
        guard stop.reason == .cancellation, machine.withLock({ $0.job.cancellation == nil }) else { return }
        let request = LeaseExtension(
            held: [held], lease: environment.lease, now: environment.time.now())
        guard let state = try await environment.store.extendLeases(request).first else {
            throw StorageError(.fenced, "the lease of job \(held.job) was lost")
        }
        machine.withLock { $0.noteCancellation(state.cancellation) }
    }

    private func checkLease() throws {
        if stop.reason == .leaseLost {
            throw StorageError(.fenced, "the lease of job \(held.job) was lost")
        }
    }

    /// Commits what gathered. A database that cannot be written is tried again for as long as the lease is ours.
    private func commit(releasing: Bool = false) async throws {
        guard let transition = machine.withLock({ $0.takeTransition(releasing: releasing) }) else { return }
        var failures = 0
        while true {
            do {
                let applied = try await environment.store.apply(transition)
                machine.withLock { $0.noteCancellation(applied.cancellation) }
                return
            } catch let error as StorageError where error.code == .unavailable {
                failures += 1
                environment.logger.error("cannot write job \(held.job), trying again: \(error)")
                try checkLease()
                try await environment.time.sleep(for: .milliseconds(min(200 * failures, 3000)))
            }
        }
    }
}
