import AuraModel
import Locking

/// A daemon's life that ends at a boundary chosen by the test. From then on the daemon can do nothing, and uncommitted
/// work is lost.
///
/// There is a boundary before and after every commit, and before and after every effect.
final class Life: Sendable {
    struct Crash: Error {}

    private struct State {
        var boundaries = 0
        var isOver = false
    }

    private let lastBoundary: Int?
    private let state = Locked(State())

    /// - Parameter lastBoundary: the boundary at which the daemon dies, counted from 1, or `nil` if it does not die.
    init(until lastBoundary: Int?) {
        self.lastBoundary = lastBoundary
    }

    var boundaries: Int { state.withLock { $0.boundaries } }
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Passes the next boundary, or throws ``Crash`` at the last one and after it.
    func pass() throws {
        let isOver = state.withLock { state in
            state.boundaries += 1
            state.isOver = state.isOver || state.boundaries == lastBoundary
            return state.isOver
        }
        if isOver { throw Crash() }
    }
}

/// The outside world: things by name, which outlive every daemon.
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
    /// How often each name was created.
    var made: [String: Int] { state.withLock { $0.made } }
    /// The rules that were broken.
    var violations: [String] { state.withLock { $0.violations } }

    func violate(_ rule: String) {
        state.withLock { $0.violations.append(rule) }
    }

    /// Returns true at the first call with this name, over all lives.
    func isFirst(_ name: String) -> Bool {
        state.withLock { $0.once.insert(name).inserted }
    }

    func find(_ name: String) -> String? {
        state.withLock { $0.things[name] }
    }

    /// Creates a thing and returns its id. A second thing of the same name would become an orphan, and counts as a
    /// violation.
    func make(_ name: String) -> String {
        state.withLock { state in
            if state.things[name] != nil { state.violations.append("\(name) was made twice") }
            state.lastNumber += 1
            state.made[name, default: 0] += 1
            state.things[name] = "id-\(state.lastNumber)"
            return "id-\(state.lastNumber)"
        }
    }

    /// Removes a thing. Does nothing if it is gone already.
    func remove(_ name: String) {
        state.withLock { $0.things[name] = nil }
    }
}
