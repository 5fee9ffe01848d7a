import AuraModel
import DequeModule
import Locking
import Storage

/// The writers of a daemon: what queued while the last commits reached the disk goes into the next one.
///
///     caller A ─┐                     ┌─ A ─┐
///     caller B ─┼─▶ queue ─▶ BEGIN ───┼─ B ─┼──▶ numbers of the ledger ──▶ COMMIT ──▶ A, B, C return
///     caller C ─┘                     └─ C ─┘
///
/// There are two, so that one sends its statements while the server and the disk are at work on the other's; the ledger's
/// counter, each transaction's last row, puts their commits in order.
///
/// An item that throws leaves the others alone. A transaction that met another daemon's is done again. One whose connection was
/// lost fails: whether it committed is not known, and whoever repeats a transition finds that out (`Transition.number`).
final class GroupCommit: Sendable {
    /// What wants to be written by itself.
    private struct Item: Sendable {
        var hasSavepoint: Bool
        /// Returns what is to be done after the commit, given the last number of the ledger before this transaction.
        var run: @Sendable (PostgresConnection, inout Ledger) throws -> @Sendable (Int64) -> Void
        var fail: @Sendable (any Error) -> Void
    }

    private enum Entry: Sendable {
        case item(Item)
        /// Written with all others of its commit.
        case transition(WaitingTransition)

        var fail: @Sendable (any Error) -> Void {
            switch self {
            case .item(let item): item.fail
            case .transition(let waiting): waiting.fail
            }
        }
    }

    private struct State: Sendable {
        var queue: Deque<Entry> = []
        /// Writers at rest.
        var idle: [Int]
    }

    /// An item's own error; the transaction goes on without it.
    private struct Refusal: Error {
        var cause: any Error
    }

    static let queueLimit = 20_000
    static let batchLimit = 256
    private static let triesAfterConflict = 10
    /// Connections that may be found ended, one after the other, before the callers are told.
    private static let triesAfterLoss = 2

    private static let writers = 2

    private let threads: [ConnectionThread]
    private let state = Locked(State(idle: Array(0..<writers)))
    private let news = Locked((isWaiting: false, told: ContinuousClock.now))
    private let committed: @Sendable ([Event]) -> Void

    /// - Parameters:
    ///   - away: what is known of the server's absence, shared with the readers.
    ///   - committed: is given the events of each commit, in order.
    init(
        _ settings: PostgresSettings, away: Locked<ServerAway>, committed: @escaping @Sendable ([Event]) -> Void
    ) {
        threads = (1...Self.writers).map { ConnectionThread(settings, label: "writer.\($0)", away: away) }
        self.committed = committed
    }

    /// Runs `body` within the next transaction and returns once that is on the disk.
    ///
    /// `body` may run more than once. It returns its value as a function of the number that the ledger's last event had before
    /// this transaction.
    func write<Value: Sendable>(
        mayThrowAfterWriting: Bool = false,
        _ body: @escaping @Sendable (PostgresConnection, inout Ledger) throws -> @Sendable (Int64) -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                .item(
                    Item(
                        hasSavepoint: mayThrowAfterWriting,
                        run: { connection, ledger in
                            let value = try body(connection, &ledger)
                            return { continuation.resume(returning: value($0)) }
                        },
                        fail: { continuation.resume(throwing: $0) })))
        }
    }

    /// Writes a transition within the next transaction, and returns once that is on the disk.
    func apply(_ transition: Transition, document: String?, failure: String?) async throws -> Applied {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                .transition(
                    WaitingTransition(
                        transition: transition, document: document, failure: failure,
                        finish: { continuation.resume(returning: Applied(seq: $0, cancellation: $1)) },
                        fail: { continuation.resume(throwing: $0) })))
        }
    }

    private func enqueue(_ item: Entry) {
        let action = state.withLock { state -> (isFull: Bool, starts: Int?) in
            guard state.queue.count < Self.queueLimit else { return (true, nil) }
            state.queue.append(item)
            return (false, state.idle.popLast())
        }
        if action.isFull {
            item.fail(StorageError(.unavailable, "the database cannot keep up: \(Self.queueLimit) writes wait"))
        }
        if let writer = action.starts { threads[writer].async { self.drain(writer) } }
    }

    private func drain(_ writer: Int) {
        while true {
            let batch = state.withLock { state -> [Entry] in
                let count = min(state.queue.count, Self.batchLimit)
                let batch = Array(state.queue.prefix(count))
                state.queue.removeFirst(count)
                if batch.isEmpty { state.idle.append(writer) }
                return batch
            }
            notify(threads[writer], isLast: batch.isEmpty)
            if batch.isEmpty { return }
            commit(batch, threads[writer])
        }
    }

    /// Wakes the other daemons' readers: once for all commits of a busy stretch, and after the last one. It is a transaction of
    /// its own, since notifications inside others would make those wait for each other; one that gets lost is made up for by
    /// the readers' own look.
    private func notify(_ thread: ConnectionThread, isLast: Bool) {
        let now = ContinuousClock.now
        let isDue = news.withLock { news in
            guard news.isWaiting, isLast || now - news.told > .milliseconds(10) else { return false }
            news = (isWaiting: false, told: now)
            return true
        }
        guard isDue else { return }
        try? thread.perform { connection in
            try connection.script("BEGIN; SET LOCAL synchronous_commit = off; NOTIFY aura; COMMIT")
        }
    }

    private func commit(_ batch: [Entry], _ thread: ConnectionThread) {
        var tries = 0
        var lostConnections = 0
        while true {
            var mayHaveCommitted = false
            do {
                let (events, finish) = try thread.perform { try Self.transaction(batch, $0, &mayHaveCommitted) }
                if !events.isEmpty {
                    committed(events)
                    news.withLock { $0.isWaiting = true }
                }
                return finish()
            } catch let error as PostgresError where error.kind == .conflict && tries < Self.triesAfterConflict {
                tries += 1
            } catch let error as PostgresError
                where error.kind == .lost && !mayHaveCommitted && lostConnections < Self.triesAfterLoss
            {
                // The server ended the connection, most often while it was idle. The next attempt is made on a new one.
                lostConnections += 1
            } catch let error as PostgresError where error.kind == .refused && batch.count > 1 {
                // One of them is to blame, and the others are not to suffer for it.
                for entry in batch { commit([entry], thread) }
                return
            } catch {
                let failure = StorageError(postgres: error)
                for item in batch { item.fail(failure) }
                return
            }
        }
    }

    private static func transaction(
        _ batch: [Entry], _ connection: PostgresConnection, _ mayHaveCommitted: inout Bool
    ) throws -> ([Event], () -> Void) {
        var ledger = Ledger()
        var finished: [@Sendable (Int64) -> Void] = []
        var refused: [() -> Void] = []
        try connection.script(begin)
        do {
            for case .item(let item) in batch {
                do {
                    finished.append(try run(item, connection, &ledger))
                } catch let refusal as Refusal {
                    refused.append { item.fail(refusal.cause) }
                }
            }
            let waiting = batch.compactMap { if case .transition(let waiting) = $0 { waiting } else { nil } }
            for lot in TransitionBatch.lots(waiting) {
                for (each, outcome) in zip(lot, try TransitionBatch.write(lot, connection)) {
                    if case .fenced = outcome {
                        refused.append { each.fail(each.fenced) }
                    } else {
                        finished.append(note(each, outcome, &ledger))
                    }
                }
            }
            mayHaveCommitted = true
            let base = try ledger.drafts.isEmpty ? headAndCommit(connection) : ledger.commit(connection)
            return (
                ledger.events(after: base),
                {
                    for finish in finished { finish(base) }
                    for refuse in refused { refuse() }
                }
            )
        } catch {
            try? connection.script("ROLLBACK")
            throw error
        }
    }

    /// Gathers the events of a transition that was written; returns what is to be done after the commit.
    private static func note(
        _ each: WaitingTransition, _ outcome: TransitionBatch.Outcome, _ ledger: inout Ledger
    ) -> @Sendable (Int64) -> Void {
        if case .written = outcome { ledger.append(each.transition.events) }
        let offset = Int64(ledger.drafts.count)
        return { each.finish($0 + offset, outcome.cancellation) }
    }

    /// A daemon that stands still (`SIGSTOP`) in the middle of a transaction would hold the ledger's row, and so everybody, for as
    /// long. The server ends such a transaction; what it wanted to write is then tried again, or is another's by then.
    static let begin = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 3000"

    private static func headAndCommit(_ connection: PostgresConnection) throws -> Int64 {
        try connection.runAndCommit("SELECT seq FROM event_head WHERE one = 1").first?.number("seq") ?? 0
    }

    private static func run(
        _ item: Item, _ connection: PostgresConnection, _ ledger: inout Ledger
    ) throws -> @Sendable (Int64) -> Void {
        let count = ledger.drafts.count
        if item.hasSavepoint { try connection.script("SAVEPOINT item") }
        do {
            let finish = try item.run(connection, &ledger)
            if item.hasSavepoint { try connection.script("RELEASE item") }
            return finish
        } catch let error as PostgresError where error.kind != .taken || !item.hasSavepoint {
            throw error
        } catch {
            ledger.rollBack(to: count)
            if item.hasSavepoint { try connection.script("ROLLBACK TO item; RELEASE item") }
            throw Refusal(cause: error is PostgresError ? StorageError(postgres: error) : error)
        }
    }
}
