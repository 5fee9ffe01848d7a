import AuraModel
import Locking

/// A daemon's life, which ends at a boundary that the test chose: from then on it can do nothing more, and nobody learns
/// what it had not committed.
///
/// A boundary lies before and after every commit and before and after every effect.
final class Life: Sendable {
    struct Crash: Error {}

    private struct State {
        var boundaries = 0
        var isOver = false
    }

    private let lastBoundary: Int?
    private let state = Locked(State())

    /// - Parameter lastBoundary: the boundary at which the daemon dies, from 1; none lets it live.
    init(until lastBoundary: Int?) {
        self.lastBoundary = lastBoundary
    }

    var boundaries: Int { state.withLock { $0.boundaries } }
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Passes the next boundary, or dies at it.
    func pass() throws {
        let isOver = state.withLock { state in
            state.boundaries += 1
            state.isOver = state.isOver || state.boundaries == lastBoundary
            return state.isOver
        }
        if isOver { throw Crash() }
    }
}

/// The outside world: things by name, that outlive every daemon.
final class ModelCloud: Sendable {
    private struct State {
        var things: [String: String] = [:]
        var made: [String: Int] = [:]
        var lastNumber = 0
        var once: Set<String> = []
        var violations: [String] = []
    }

    private let state = Locked(State())

    var things: [String: String] { state.withLock { $0.things } }
    /// How often each name was ever made.
    var made: [String: Int] { state.withLock { $0.made } }
    /// What must never happen, and did.
    var violations: [String] { state.withLock { $0.violations } }

    func violate(_ rule: String) {
        state.withLock { $0.violations.append(rule) }
    }

    /// True at the first call with this name in the life of the world.
    func isFirst(_ name: String) -> Bool {
        state.withLock { $0.once.insert(name).inserted }
    }

    func find(_ name: String) -> String? {
        state.withLock { $0.things[name] }
    }

    /// Makes a thing; a second one of the same name is an orphan in the making, and is remembered as a violation.
    func make(_ name: String) -> String {
        state.withLock { state in
            if state.things[name] != nil { state.violations.append("\(name) was made twice") }
            state.lastNumber += 1
            state.made[name, default: 0] += 1
            state.things[name] = "id-\(state.lastNumber)"
            return "id-\(state.lastNumber)"
        }
    }

    /// Removes a thing; what is gone already is fine.
    func remove(_ name: String) {
        state.withLock { $0.things[name] = nil }
    }
}
