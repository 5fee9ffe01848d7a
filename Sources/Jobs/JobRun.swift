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
///                          abandoned            cancelled · overdue · interrupted · abandoned
final class JobRun: Sendable {
    /// What a run needs from the daemon.
    struct Environment: Sendable {
        var store: any Store
        var time: any TimeSource
        var random: any RandomSource
        var lease: Duration
        var leaseMargin: Duration
        var logger: Logger
    }

    let definition: JobDefinition
    let environment: Environment
    let machine: Locked<JobStateMachine>
    let stop = StopSignal()
    let held: LeaseExtension.Held
    let instance: InstanceID
    /// When the lease ends, by the daemon's uptime.
    let leaseEnd: Locked<Duration>
    /// Transitions that were sent to the store so far.
    private let written = Locked<Int64>(0)

    /// - Parameter leaseEnd: counted from before the claim, since the store counted from some moment within it.
    init(claim: Claim, definition: JobDefinition, policy: RetryPolicy, environment: Environment, leaseEnd: Duration) {
        self.definition = definition
        self.environment = environment
        self.held = LeaseExtension.Held(job: claim.job.id, epoch: claim.job.epoch)
        self.instance = claim.instance.id
        self.leaseEnd = Locked(leaseEnd)
        self.machine = Locked(JobStateMachine(claim: claim, plan: definition.plan, policy: policy))
    }

    /// Whether the job began under other steps than this daemon has for it.
    var isForeign: Bool { machine.withLock { $0.isForeign } }

    /// Works on the job until it waits, ends, or is taken away.
    func work() async {
        // Claimed when the daemon had begun to stop: another one begins it.
        if isLeaving { machine.withLock { $0.interrupt(now: environment.time.now()) } }
        do {
            while true {
                let (decision, farewell) = decide()
                switch decision {
                case .perform(let index): try await perform(index)
                case .undo(let index): try await undo(index)
                case .pause, .finished: return try await commit(farewell)
                }
            }
        } catch let error as StorageError where error.code == .fenced {
            environment.logger.notice("job \(held.job) belongs to another worker now")
        } catch {
            environment.logger.error("stopped working on job \(held.job): \(error)")
        }
    }

    /// What is next, and what letting go writes: decided as one, so that no cancellation comes between.
    private func decide() -> (JobStateMachine.Decision, Transition?) {
        machine.withLock { machine in
            let decision = machine.decide(now: environment.time.now())
            switch decision {
            case .perform, .undo: return (decision, nil)
            case .pause, .finished: return (decision, machine.takeTransition(releasing: true))
            }
        }
    }

    private func perform(_ index: Int) async throws {
        machine.withLock { $0.beginStep(index, now: environment.time.now()) }
        try await commit()
        if machine.withLock({ $0.isToTurnRound }) { return }
        let result = await supervise(index, definition.steps[index].perform)
        let now = environment.time.now()
        let unit = environment.random.unit()
        let isOverdue = takeOverdue()
        try checkLease()
        machine.withLock { machine in
            switch result {
            case .returned(.done): machine.stepDone(index, now: now)
            case .returned(.wait(let duration, let reason)):
                machine.stepWaits(index, for: duration, reason: reason, now: now)
            case .threw(let failure): machine.stepFailed(index, failure, now: now, unit: unit)
            case .stopped: if isOverdue { machine.overran(index, now: now) }
            }
            if isLeaving { machine.interrupt(now: now) }
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
        let isOverdue = takeOverdue()
        try checkLease()
        machine.withLock { machine in
            switch result {
            case .returned(.done): machine.undoDone(index, now: now)
            case .returned(.wait(let duration, let reason)):
                machine.undoWaits(index, for: duration, reason: reason, now: now)
            case .threw(let failure): machine.undoFailed(index, failure, now: now, unit: unit)
            case .stopped: if isOverdue { machine.overran(index, now: now) }
            }
            if isLeaving { machine.interrupt(now: now) }
        }
    }

    /// Whether the daemon is stopping, gracefully or not.
    private var isLeaving: Bool { stop.reason == .drain || Task.isCancelled }

    /// Whether the step that just ended was told that it is overdue; the next one starts without that.
    private func takeOverdue() -> Bool {
        let isOverdue = stop.reason == .overdue
        stop.settle(.overdue)
        return isOverdue
    }

    /// Runs `body` at one of the places that a limited driver has, or returns none at once where all are taken.
    func use<Value: Sendable>(
        place: String, limit: Int, waitingFor: String?, _ body: () async throws -> Value
    ) async throws -> Value? {
        try checkLease()
        guard
            try await environment.store.occupy(
                PlaceRequest(
                    held: held, place: place, limit: limit, waitingFor: waitingFor, now: environment.time.now()))
        else {
            return nil
        }
        machine.withLock { $0.enter(place: place) }
        defer { machine.withLock { $0.enter(place: nil) } }
        return try await body()
    }

    /// Changes the machine and commits, for a step that runs.
    func write(_ change: @Sendable (inout JobStateMachine) -> Void) async throws {
        try checkLease()
        machine.withLock { change(&$0) }
        try await commit()
    }

    /// Asks the store what others want of the job, once a signal said that they want something. Where it does not answer,
    /// the next commit will.
    private func learnCancellation() async throws {
        guard stop.reason == .cancellation else { return }
        stop.settle(.cancellation)
        guard machine.withLock({ $0.job.cancellation == nil }) else { return }
        let request = LeaseExtension(
            held: [held], lease: environment.lease, now: environment.time.now())
        guard let states = try? await environment.store.extendLeases(request) else { return }
        guard let state = states.first else {
            throw StorageError(.fenced, "the lease of job \(held.job) was lost")
        }
        machine.withLock { $0.noteCancellation(state.cancellation) }
    }

    /// Whether a step that should be over long ago still runs.
    func isOverdue(now: Timestamp, grace: Duration) -> Bool {
        guard let deadline = machine.withLock({ $0.presentDeadline }) else { return false }
        return now > deadline + grace
    }

    private func checkLease() throws(StorageError) {
        if stop.reason == .leaseLost {
            throw StorageError(.fenced, "the lease of job \(held.job) was lost")
        }
    }

    /// Throws where the lease is over, or about to be. Looks at the clock itself: after a stop of the whole process
    /// nobody had the time to send a signal.
    func checkLeaseForOutsideCall() throws(StorageError) {
        try checkLease()
        if environment.time.uptime() + environment.leaseMargin > leaseEnd.withLock({ $0 }) {
            stop.send(.leaseLost)
            throw StorageError(.fenced, "the lease of job \(held.job) ran out")
        }
    }

    /// Commits what gathered.
    private func commit() async throws {
        try await commit(machine.withLock { $0.takeTransition(releasing: false) })
    }

    /// A database that cannot be written is tried again for as long as the lease is ours.
    private func commit(_ transition: Transition?) async throws {
        guard var transition else { return }
        transition.number = written.withLock { written in
            written += 1
            return written
        }
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
