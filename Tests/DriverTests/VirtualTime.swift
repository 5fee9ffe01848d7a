import AuraModel
import Locking

/// A clock that moves only when a test moves it.
final class VirtualTime: TimeSource {
    private struct Sleeper {
        var id: Int
        var until: Timestamp
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Timestamp
        var lastID = 0
        var sleepers: [Sleeper] = []
        var slept: [Duration] = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Locked<State>

    init(now: Timestamp = Timestamp(milliseconds: 1_800_000_000_000)) {
        state = Locked(State(now: now))
    }

    func now() -> Timestamp { state.withLock { $0.now } }

    /// The durations of all sleeps so far, in order.
    var slept: [Duration] { state.withLock { $0.slept } }

    func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(Sleeper(id: id, until: now() + duration, continuation: continuation), duration)
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Moves the clock and wakes the sleepers that are due.
    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now + duration
            let now = state.now
            let due = state.sleepers.filter { $0.until <= now }
            state.sleepers.removeAll { $0.until <= now }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Returns once `count` sleeps have begun since the clock was created.
    func waitForSleeps(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.slept.count < count { state.watchers.append((count, continuation)) }
                return state.slept.count >= count
            }
            if isThere { continuation.resume() }
        }
    }

    private func add(_ sleeper: Sleeper, _ duration: Duration) {
        let ready = state.withLock { state in
            state.sleepers.append(sleeper)
            state.slept.append(duration)
            let count = state.slept.count
            let ready = state.watchers.filter { $0.count <= count }
            state.watchers.removeAll { $0.count <= count }
            return ready
        }
        for watcher in ready { watcher.continuation.resume() }
    }

    private func cancel(_ id: Int) {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else { return nil }
            return state.sleepers.remove(at: index)
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}

/// A clock on which every sleep ends at once and moves the time.
final class EagerTime: TimeSource {
    private let state = Locked((now: Timestamp(milliseconds: 1_800_000_000_000), slept: [Duration]()))

    func now() -> Timestamp { state.withLock { $0.now } }
    var slept: [Duration] { state.withLock { $0.slept } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.now = state.now + duration
            state.slept.append(duration)
        }
    }
}

/// Returns the middle of the range every time.
struct EvenRandom: RandomSource {
    func next() -> UInt64 { 1 << 63 }
}
