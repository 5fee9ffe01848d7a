import Dispatch
import HeapModule
import Locking

/// All sleeps of the process, on one timer.
///
/// A cancelled `Task.sleep` keeps its memory until its deadline. A client that repeatedly asks to wait for an hour and
/// disconnects would exhaust memory that way. This queue resumes a cancelled sleep at once and keeps a bounded number
/// of cancelled entries.
final class SleepQueue: Sendable {
    static let shared = SleepQueue()

    fileprivate struct Sleeper: Comparable, Sendable {
        var end: ContinuousClock.Instant
        var number: UInt64

        static func < (left: Sleeper, right: Sleeper) -> Bool {
            (left.end, left.number) < (right.end, right.number)
        }
    }

    fileprivate struct State {
        /// All sleeps, earliest deadline first. Cancelled sleeps stay until they reach the front, or until they
        /// outnumber the waiting ones in a queue longer than ``idleLimit``.
        var order = Heap<Sleeper>()
        var continuations: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var begun: UInt64 = 0
        /// The time at which the timer fires next; `nil` if no sleep waits.
        var alarm: ContinuousClock.Instant?
    }

    private let state = Locked(State())
    private nonisolated(unsafe) let timer: any DispatchSourceTimer

    /// Up to this number of entries, ``State/order`` is not searched for cancelled sleeps.
    fileprivate static let idleLimit = 64
    /// The longest time between two checks of the deadlines: the timer's clock stops while the machine is suspended.
    private static let longestAlarm = Duration.seconds(60)
    private static let longestSleep = Duration.seconds(3_000_000_000)

    init() {
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "aura.sleep", qos: .userInteractive))
        timer.setEventHandler { [weak self] in self?.wake() }
        timer.activate()
    }

    deinit {
        timer.cancel()
    }

    /// The number of sleeps that use memory: waiting sleeps, and cancelled ones that were not removed yet.
    var kept: Int { state.withLock { max($0.order.count, $0.continuations.count) } }

    /// Returns after `duration`, or throws `CancellationError` as soon as the task is cancelled.
    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        guard duration > .zero else { return await Task.yield() }
        let end = ContinuousClock.now + min(duration, Self.longestSleep)
        let number = state.withLock { state in
            state.begun += 1
            return state.begun
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if Task.isCancelled { return true }
                    state.continuations[number] = continuation
                    state.order.insert(Sleeper(end: end, number: number))
                    setAlarm(&state)
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            state.withLock { $0.cancel(number) }?.resume(throwing: CancellationError())
        }
    }

    private func wake() {
        let due = state.withLock { state in
            state.alarm = nil
            let due = state.takeDue(.now)
            setAlarm(&state)
            return due
        }
        for continuation in due { continuation.resume() }
    }

    /// Sets the timer to the earliest deadline, unless the timer fires earlier anyway.
    private func setAlarm(_ state: inout State) {
        guard let first = state.order.min?.end else { return }
        let now = ContinuousClock.now
        let alarm = min(first, now + Self.longestAlarm)
        if let present = state.alarm, present <= alarm { return }
        state.alarm = alarm
        let wait = max(alarm - now, .zero).components
        let nanoseconds = Int(wait.seconds) * 1_000_000_000 + Int(wait.attoseconds / 1_000_000_000)
        timer.schedule(deadline: .now() + .nanoseconds(nanoseconds), leeway: .nanoseconds(0))
    }
}

extension SleepQueue.State {
    /// Removes the sleeps that are due and returns their continuations.
    fileprivate mutating func takeDue(_ now: ContinuousClock.Instant) -> [CheckedContinuation<Void, any Error>] {
        var due: [CheckedContinuation<Void, any Error>] = []
        while let first = order.min, first.end <= now || continuations[first.number] == nil {
            order.removeMin()
            if let continuation = continuations.removeValue(forKey: first.number) { due.append(continuation) }
        }
        return due
    }

    fileprivate mutating func cancel(_ number: UInt64) -> CheckedContinuation<Void, any Error>? {
        let continuation = continuations.removeValue(forKey: number)
        // More than half of the entries are cancelled here, so the amortised cost of a cancellation is constant.
        if order.count > SleepQueue.idleLimit, order.count > 2 * continuations.count {
            order = Heap(order.unordered.filter { continuations[$0.number] != nil })
        }
        return continuation
    }
}
