import AuraModel
import Locking

/// Counts the ledger's events and resumes callers that wait for a count.
final class LedgerWatch: Sendable {
    private enum Kind { case started, ended }

    private struct State {
        var commits = 0
        var started = 0
        var ended = 0
        var waiters: [(kind: Kind, count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Locked(State())

    var commits: Int { state.withLock { $0.commits } }
    var started: Int { state.withLock { $0.started } }
    var ended: Int { state.withLock { $0.ended } }

    /// Counts the events of one commit.
    func take(_ events: [Event]) {
        let due = state.withLock { state in
            state.commits += 1
            for event in events {
                if event.entry.type == .stepStarted { state.started += 1 }
                if event.entry.type.endsJob { state.ended += 1 }
            }
            let (started, ended) = (state.started, state.ended)
            let isDue = { (kind: Kind, count: Int) in (kind == .started ? started : ended) >= count }
            let due = state.waiters.filter { isDue($0.kind, $0.count) }
            state.waiters.removeAll { isDue($0.kind, $0.count) }
            return due
        }
        for waiter in due { waiter.continuation.resume() }
    }

    func wait(untilStarted count: Int) async throws { await wait(.started, count) }
    func wait(untilEnded count: Int) async throws { await wait(.ended, count) }

    private func wait(_ kind: Kind, _ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if (kind == .started ? state.started : state.ended) >= count { return true }
                state.waiters.append((kind, count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
