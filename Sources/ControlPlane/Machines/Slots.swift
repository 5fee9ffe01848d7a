import Locking

/// A bounded number of places. Who finds none comes back later instead of waiting here.
final class Slots: Sendable {
    private let free: Locked<Int>

    init(_ count: Int) {
        free = Locked(count)
    }

    /// Runs `body` in a place, or returns none at once where all are taken.
    func use<Value: Sendable>(_ body: () async throws -> Value) async rethrows -> Value? {
        let isTaken = free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
        guard isTaken else { return nil }
        defer { free.withLock { $0 += 1 } }
        return try await body()
    }
}
