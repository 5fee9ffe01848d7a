import AuraModel
import Locking
import TestKit

/// Runs the tasks of all daemons and all faults on one thread, in an order that the seed decides.
///
/// Virtual time moves to the next timer only when no task can run. Nothing waits in real time, so an hour of three
/// daemons takes a moment, and the same seed repeats the same hour.
final class Scheduler: Sendable {
    struct Ready {
        var job: UnownedJob
        var lane: Lane
    }

    struct Timer {
        var at: Int64
        var ticket: Int
        var action: @Sendable () -> Void
    }

    struct State {
        /// Milliseconds since the start of the world.
        var now: Int64 = 0
        var ready: [Ready] = []
        /// Sorted by time; timers of the same time are in the order in which they were set.
        var timers: [Timer] = []
        var lastTicket = 0
    }

    /// The date at which simulated worlds start.
    static let epoch = Timestamp(milliseconds: 1_795_176_000_000)

    private let state = Locked(State())
    private let random: any RandomSource

    init(random: any RandomSource) {
        self.random = random
    }

    /// Milliseconds since the start of the world.
    var now: Int64 { state.withLock { $0.now } }

    /// Creates a lane: the tasks of one daemon, which can be paused together.
    func lane() -> Lane { Lane(scheduler: self) }

    fileprivate func add(_ job: UnownedJob, to lane: Lane) {
        state.withLock { $0.ready.append(Ready(job: job, lane: lane)) }
    }

    /// Runs `action` after `milliseconds`. Returns a ticket for ``cancel(_:)``.
    @discardableResult
    func after(_ milliseconds: Int64, _ action: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.lastTicket += 1
            let timer = Timer(at: state.now + max(milliseconds, 0), ticket: state.lastTicket, action: action)
            let place = state.timers.lastIndex { $0.at <= timer.at }.map { $0 + 1 } ?? 0
            state.timers.insert(timer, at: place)
            return timer.ticket
        }
    }

    func cancel(_ ticket: Int) {
        state.withLock { state in state.timers.removeAll { $0.ticket == ticket } }
    }

    /// Moves the time to `moment`. The caller has made sure that nothing is left to do before it.
    func pass(to moment: Int64) {
        state.withLock { $0.now = max($0.now, moment) }
    }

    /// Runs one job, or moves the time to the next timer and runs it. Returns false if there is neither, or the timer
    /// is after `limit`.
    func step(until limit: Int64) -> Bool {
        if let next = state.withLock({ $0.takeReady(random) }) {
            next.job.runSynchronously(on: next.lane.asUnownedTaskExecutor())
            return true
        }
        guard let timer = state.withLock({ $0.takeTimer(until: limit) }) else { return false }
        timer.action()
        return true
    }
}

extension Scheduler.State {
    mutating func takeReady(_ random: any RandomSource) -> Scheduler.Ready? {
        let runnable = ready.indices.filter { !ready[$0].lane.isHeld }
        guard let last = runnable.last else { return nil }
        let choice = runnable.count == 1 ? last : runnable[Int(random.next() % UInt64(runnable.count))]
        return ready.remove(at: choice)
    }

    mutating func takeTimer(until limit: Int64) -> Scheduler.Timer? {
        guard let first = timers.first, first.at <= limit else { return nil }
        now = max(now, first.at)
        return timers.removeFirst()
    }
}

/// The executor for the tasks of one daemon.
final class Lane: TaskExecutor {
    private let scheduler: Scheduler
    private let held = Locked(false)

    fileprivate init(scheduler: Scheduler) {
        self.scheduler = scheduler
    }

    /// True while the daemon's process is stopped (`SIGSTOP`).
    var isHeld: Bool {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        scheduler.add(UnownedJob(job), to: self)
    }
}

extension Scheduler {
    /// Sleeps in virtual time. Throws at once when the task is cancelled.
    func sleep(_ milliseconds: Int64) async throws {
        let waiting = Waiting()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard waiting.begin(continuation) else { return continuation.resume(throwing: CancellationError()) }
                waiting.ticket.withLock { $0 = after(milliseconds) { waiting.end(.success(())) } }
            }
        } onCancel: {
            waiting.ticket.withLock { $0 }.map(cancel)
            waiting.end(.failure(CancellationError()))
        }
    }

    /// Runs `body` at a later virtual time and returns its result. Cancellation does not end the wait.
    func travel<Value: Sendable>(
        _ milliseconds: Int64, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            after(milliseconds) { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// A sleep that ends once, by its timer or by cancellation.
private final class Waiting: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Void, any Error>?
        var isOver = false
    }

    private let state = Locked(State())
    let ticket = Locked<Int?>(nil)

    /// Returns false if the sleep has already ended.
    func begin(_ continuation: CheckedContinuation<Void, any Error>) -> Bool {
        state.withLock { state in
            guard !state.isOver, !Task.isCancelled else { return false }
            state.continuation = continuation
            return true
        }
    }

    func end(_ result: Result<Void, any Error>) {
        let continuation = state.withLock { state in
            state.isOver = true
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(with: result)
    }
}

/// The clock of a daemon's machine. The wall clock can be set; the uptime cannot.
final class MachineClock: TimeSource {
    private let scheduler: Scheduler
    private let offset = Locked<Int64>(0)

    init(scheduler: Scheduler) {
        self.scheduler = scheduler
    }

    /// Moves the wall clock forward or back.
    func jump(by milliseconds: Int64) {
        offset.withLock { $0 += milliseconds }
    }

    func now() -> Timestamp {
        Timestamp(milliseconds: Scheduler.epoch.milliseconds + scheduler.now + offset.withLock { $0 })
    }

    func uptime() -> Duration { .milliseconds(scheduler.now) }

    func sleep(for duration: Duration) async throws {
        // A sleep shorter than a millisecond takes one, or the time would never move.
        try await scheduler.sleep(max(duration.wholeMilliseconds, 1))
    }
}
