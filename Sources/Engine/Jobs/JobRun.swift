import AuraModel
import JSON
import Locking
import Logging
import Storage

/// The work of one worker on one claimed job, from the claim to the release.
///
///     claim ──▶ decide ──▶ begin (commit) ──▶ the step runs ──▶ outcome ──▶ decide … ──▶ release (commit)
///                              │ fenced                │ stop signal
///                              ▼                       ▼
///                          abandoned            cancelled · overdue · interrupted · abandoned
final class JobRun: Sendable {
    /// The dependencies of a run.
    struct Environment: Sendable {
        var store: any JobStore & InstanceStore & Coordination
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
    /// The end of the lease, in the daemon's uptime.
    let leaseEnd: Locked<Duration>
    /// How long a run retries a write once the daemon is stopping. A store that is lost for good must not delay the
    /// daemon's end until the lease ends.
    private static let handBackTime = Duration.seconds(3)
    /// The number of transitions that were sent to the store so far.
    private let written = Locked<Int64>(0)

    /// Creates a run.
    ///
    /// - Parameter leaseEnd: the end of the lease in the daemon's uptime, counted from the start of the claim's call.
    ///   The store counts from a later moment, so its lease never ends before this one.
    init(claim: Claim, definition: JobDefinition, policy: RetryPolicy, environment: Environment, leaseEnd: Duration) {
        self.definition = definition
        self.environment = environment
        self.held = LeaseExtension.Held(job: claim.job.id, epoch: claim.job.epoch)
        self.instance = claim.instance.id
        self.leaseEnd = Locked(leaseEnd)
        self.machine = Locked(JobStateMachine(claim: claim, plan: definition.plan, policy: policy))
    }

    /// True if the job began under other steps than this daemon has for it.
    var isForeign: Bool { machine.withLock { $0.isForeign } }

    /// Works on the job until it waits, ends, or is lost to another worker.
    func work() async {
        // The job was claimed while the daemon began to stop. Another daemon must start it.
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

    /// Returns the next decision and the transition that releases the job, if it must be released. Both are determined
    /// under one lock, so that no cancellation arrives between them.
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

    /// True if the daemon is stopping, gracefully or not.
    private var isLeaving: Bool { stop.reason == .drain || Task.isCancelled }

    /// Returns true if the step that just ended was stopped as overdue. Clears that signal for the next step.
    private func takeOverdue() -> Bool {
        let isOverdue = stop.reason == .overdue
        stop.settle(.overdue)
        return isOverdue
    }

    /// Runs `body` in one concurrency slot of a limited driver. Returns `nil` at once if all slots are in use.
    func use<Value: Sendable>(
        slot: String, limit: Int, waitingFor: String?, _ body: () async throws -> Value
    ) async throws -> Value? {
        try checkLease()
        guard
            try await environment.store.takeSlot(
                SlotRequest(
                    held: held, slot: slot, limit: limit, waitingFor: waitingFor, now: environment.time.now()))
        else {
            return nil
        }
        machine.withLock { $0.enter(slot: slot) }
        defer { machine.withLock { $0.enter(slot: nil) } }
        return try await body()
    }

    /// Applies `change` to the state machine and commits the result. Called for a running step.
    func write(_ change: @Sendable (inout JobStateMachine) -> Void) async throws {
        try checkLease()
        machine.withLock { change(&$0) }
        try await commit()
    }

    /// Reads the job's cancellation from the store after a cancellation signal. If the store fails, the next commit
    /// returns the cancellation.
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

    /// Returns true if the present step still runs although its deadline passed more than `grace` ago.
    func isOverdue(now: Timestamp, grace: Duration) -> Bool {
        guard let deadline = machine.withLock({ $0.presentDeadline }) else { return false }
        return now > deadline + grace
    }

    private func checkLease() throws(StorageError) {
        if stop.reason == .leaseLost {
            throw StorageError(.fenced, "the lease of job \(held.job) was lost")
        }
    }

    /// Throws `fenced` if the lease has expired or is about to. Reads the clock itself: if the whole process was
    /// suspended, no signal was sent in time.
    func checkLeaseForOutsideCall() throws(StorageError) {
        try checkLease()
        if environment.time.uptime() + environment.leaseMargin > leaseEnd.withLock({ $0 }) {
            stop.send(.leaseLost)
            throw StorageError(.fenced, "the lease of job \(held.job) ran out")
        }
    }

    /// Commits the changes collected since the last commit.
    private func commit() async throws {
        try await commit(machine.withLock { $0.takeTransition(releasing: false) })
    }

    /// Commits the transition. Retries while the store is unavailable, for as long as the run holds the lease. Once the
    /// daemon is stopping, it retries for ``handBackTime`` only. The job then stays leased as after a crash,
    /// and is continued by the next worker that may claim it.
    private func commit(_ transition: Transition?) async throws {
        guard var transition else { return }
        transition.number = written.withLock { written in
            written += 1
            return written
        }
        var failures = 0
        var lastTry: Duration?
        while true {
            do {
                let applied = try await environment.store.apply(transition)
                machine.withLock { $0.noteCancellation(applied.cancellation) }
                return
            } catch {
                guard error.code == .unavailable else { throw error }
                failures += 1
                let now = environment.time.uptime()
                if isLeaving, lastTry == nil { lastTry = now + Self.handBackTime }
                if let lastTry, now >= lastTry {
                    environment.logger.error("cannot hand job \(held.job) back, leaving it to its lease: \(error)")
                    throw error
                }
                environment.logger.error("cannot write job \(held.job), trying again: \(error)")
                try checkLease()
                let pause = Duration.milliseconds(min(200 * failures, 3000))
                try await environment.time.sleep(for: lastTry.map { min(pause, $0 - now) } ?? pause)
            }
        }
    }
}
