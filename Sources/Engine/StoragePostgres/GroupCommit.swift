import AuraModel
import Glibc
import Locking
import Storage

/// The writers of a daemon. Writes that are queued during the present commits share the next commit.
///
///     caller A ─┐                     ┌─ A ─┐
///     caller B ─┼─▶ queue ─▶ BEGIN ───┼─ B ─┼──▶ numbers of the ledger ──▶ COMMIT ──▶ A, B, C return
///     caller C ─┘                     └─ C ─┘
///
/// There are two writers, so that one sends its statements while the server and the disk process the other's. Each
/// transaction updates the ledger's counter last, which orders the commits.
///
/// While other daemons commit as well, one writer works at a time. After a commit it waits for the next writes of the
/// callers of that commit (``gather(_:)``). The commits of all daemons wait for each other at the counter, and each has
/// a fixed cost, so few large commits are faster than many small ones.
///
/// An item that throws does not affect the others. A transaction that conflicts with another daemon's is retried. A
/// transaction fails if its connection is lost during the commit, since it may have committed. A caller can repeat such
/// a transition, because a transition that was committed is not written again (`Transition.number`).
final class GroupCommit: Sendable {
    /// A write with its own statements.
    private struct Item: Sendable {
        var locks: AdvisoryLocks?
        var hasSavepoint: Bool
        /// Returns the function to call after the commit, with the last `seq` before this transaction's events.
        var run: @Sendable (PostgresConnection, inout LedgerDraft) throws -> @Sendable (Int64) -> Void
        var fail: @Sendable (StorageError) -> Void
    }

    private enum Entry: Sendable {
        case item(Item)
        /// A transition, which is written in one statement with other transitions of its commit.
        case transition(WaitingTransition)

        var fail: @Sendable (StorageError) -> Void {
            switch self {
            case .item(let item): item.fail
            case .transition(let waiting): waiting.fail
            }
        }
    }

    /// Whether other daemons commit as well, and so how many writers may be at work.
    private struct Sharing: Sendable {
        /// The highest `seq` that this daemon has committed.
        var lastSeq: Int64 = 0
        /// True if another daemon committed between this daemon's last two commits. Also true once at the start, or if
        /// the results of the two writers arrive out of order.
        var isShared = false
        /// The time at which each writer took its present batch; `nil` if it has none.
        var begun: [ContinuousClock.Instant?] = Array(repeating: nil, count: GroupCommit.writers)

        /// The number of writers that may be at work. A batch that takes longer than ``longestAlone``, for instance on
        /// a dead connection, does not hold back the other writer.
        var writersAtWork: Int {
            let now = ContinuousClock.now
            let takesLong = begun.contains { $0.map { now - $0 > GroupCommit.longestAlone } ?? false }
            return isShared && !takesLong ? 1 : GroupCommit.writers
        }

        mutating func note(_ events: [Event]) {
            guard let first = events.first, let last = events.last else { return }
            isShared = first.seq > lastSeq + 1
            lastSeq = max(lastSeq, last.seq)
        }
    }

    /// An item's own error. The transaction continues without the item.
    private struct Refusal: Error {
        var cause: StorageError
    }

    private static let triesAfterConflict = 10
    /// The maximum number of further tries after lost connections, before the callers get an error.
    private static let triesAfterLoss = 2

    private static let writers = 2
    /// The longest wait before the next batch while other daemons commit, in milliseconds.
    private static let longestGather = 5
    /// The time after which a batch no longer holds back the other writer.
    private static let longestAlone = Duration.seconds(1)

    private let threads: [ConnectionThread]
    private let queue = CommitQueue<Entry>(writers: writers)
    private let sharing = Locked(Sharing())
    /// The head of an audit without entries.
    private let auditStart: AuditHead
    private let news = Locked((isWaiting: false, told: ContinuousClock.now))
    private let committed: @Sendable ([Event]) -> Void

    /// - Parameters:
    ///   - away: the backoff while the server cannot be reached. Writers and readers share it.
    ///   - auditStart: the head of an audit without entries.
    ///   - committed: receives the events of each commit. The two writers may call it out of order.
    init(
        _ settings: PostgresSettings, away: Locked<ServerAway>, auditStart: AuditHead,
        committed: @escaping @Sendable ([Event]) -> Void
    ) {
        threads = (1...Self.writers).map { ConnectionThread(settings, label: "writer.\($0)", away: away) }
        self.auditStart = auditStart
        self.committed = committed
    }

    /// Runs `body` in the next transaction. Returns when the transaction is durable.
    ///
    /// `body` may run more than once. It returns a function that computes the value from the last `seq` before this
    /// transaction's events.
    ///
    /// - Parameters:
    ///   - locks: the advisory locks that the transaction takes first.
    ///   - mayThrowAfterWriting: true if `body` may throw after it has changed rows. It then gets a savepoint.
    func write<Value: Sendable>(
        locks: AdvisoryLocks? = nil, mayThrowAfterWriting: Bool = false,
        _ body: @escaping @Sendable (PostgresConnection, inout LedgerDraft) throws -> @Sendable (Int64) -> Value
    ) async throws(StorageError) -> Value {
        let result = await withCheckedContinuation { (continuation: StorageContinuation<Value>) in
            enqueue(
                .item(
                    Item(
                        locks: locks, hasSavepoint: mayThrowAfterWriting,
                        run: { connection, ledger in
                            let value = try body(connection, &ledger)
                            return { continuation.resume(returning: .success(value($0))) }
                        },
                        fail: { continuation.resume(returning: .failure($0)) })))
        }
        return try result.get()
    }

    /// Writes a transition in the next transaction. Returns when the transaction is durable.
    func apply(_ transition: Transition, document: String?, failure: String?) async throws(StorageError) -> Applied {
        let result = await withCheckedContinuation { (continuation: StorageContinuation<Applied>) in
            enqueue(
                .transition(
                    WaitingTransition(
                        transition: transition, document: document, failure: failure,
                        finish: { continuation.resume(returning: .success(Applied(seq: $0, cancellation: $1))) },
                        fail: { continuation.resume(returning: .failure($0)) })))
        }
        return try result.get()
    }

    private func enqueue(_ entry: Entry) {
        do {
            start(try queue.add(entry, atWork: sharing.withLock { $0.writersAtWork }))
        } catch {
            entry.fail(error)
        }
    }

    /// Starts the other writer if writes are queued and the present batch has taken longer than ``longestAlone``.
    /// `LedgerFollower` calls it at least once a second.
    func startIfHeldBack() {
        start(queue.start(atWork: sharing.withLock { $0.writersAtWork }))
    }

    private func start(_ writer: Int?) {
        if let writer { threads[writer].async { self.drain(writer) } }
    }

    private func drain(_ writer: Int) {
        while true {
            let batch = queue.take(for: writer, atWork: sharing.withLock { $0.writersAtWork })
            if !batch.isEmpty { sharing.withLock { $0.begun[writer] = .now } }
            notify(threads[writer], isLast: batch.isEmpty)
            if batch.isEmpty { return }
            commit(batch, threads[writer])
            sharing.withLock { $0.begun[writer] = nil }
            gather(batch.count)
        }
    }

    /// If other daemons commit, waits until `count` writes are queued, at most ``longestGather`` milliseconds. The
    /// callers of the last commit, which had `count` writes, are about to queue their next writes.
    private func gather(_ count: Int) {
        var milliseconds = 0
        while milliseconds < Self.longestGather, sharing.withLock({ $0.isShared }), queue.count < count {
            usleep(1000)
            milliseconds += 1
        }
    }

    /// Notifies the other daemons: at most every 10 ms during a series of commits, and after the last one. The
    /// notification has its own transaction, because transactions with notifications wait for each other at the commit.
    /// A lost notification is harmless, because the other daemons also read the ledger every second.
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
                let (events, finish) = try thread.perform { try transaction(batch, $0, &mayHaveCommitted) }
                if !events.isEmpty {
                    sharing.withLock { $0.note(events) }
                    committed(events)
                    news.withLock { $0.isWaiting = true }
                }
                return finish()
            } catch let error as PostgresError where error.kind == .conflict && tries < Self.triesAfterConflict {
                tries += 1
            } catch is AdvisoryLocks.Missing {
                // Each such try finds at least one more lock, and a write has few.
            } catch let error as PostgresError
                where error.kind == .lost && !mayHaveCommitted && lostConnections < Self.triesAfterLoss
            {
                // The server ended the connection, most often while it was idle. The next try opens a new connection.
                lostConnections += 1
            } catch let error as PostgresError where error.kind == .refused && batch.count > 1 {
                // One entry caused the refusal. Each is written alone, so that the others succeed.
                for entry in batch { commit([entry], thread) }
                return
            } catch is StorageError where batch.count > 1 && !mayHaveCommitted {
                // The audit cannot be written. Entries without a draft succeed alone.
                for entry in batch { commit([entry], thread) }
                return
            } catch {
                let failure = StorageError(postgres: error)
                for item in batch { item.fail(failure) }
                return
            }
        }
    }

    private func transaction(
        _ batch: [Entry], _ connection: PostgresConnection, _ mayHaveCommitted: inout Bool
    ) throws -> ([Event], () -> Void) {
        var ledger = LedgerDraft()
        var finished: [@Sendable (Int64) -> Void] = []
        var refused: [() -> Void] = []
        var missing: AdvisoryLocks.Missing?
        try connection.script(Self.begin)
        do {
            var locks: [String] = []
            for case .item(let item) in batch { locks += item.locks?.names ?? [] }
            try AdvisoryLocks.take(locks, connection)
            for case .item(let item) in batch {
                do {
                    finished.append(try Self.run(item, connection, &ledger))
                } catch let refusal as Refusal {
                    refused.append { item.fail(refusal.cause) }
                } catch let error as AdvisoryLocks.Missing {
                    // The further writes run as well, so that the next try has the locks of all.
                    missing = error
                }
            }
            if let missing { throw missing }
            let waiting = batch.compactMap { if case .transition(let waiting) = $0 { waiting } else { nil } }
            for lot in TransitionBatch.lots(waiting) {
                for (each, outcome) in zip(lot, try TransitionBatch.write(lot, connection)) {
                    if case .fenced = outcome {
                        refused.append { each.fail(each.fenced) }
                    } else {
                        finished.append(Self.note(each, outcome, &ledger))
                    }
                }
            }
            let audit = try ledger.auditStatement(connection, start: auditStart)
            mayHaveCommitted = true
            let base = try ledger.commit(connection, after: audit)
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

    /// Adds the events of a written transition to the ledger's. Returns the function to call after the commit.
    private static func note(
        _ each: WaitingTransition, _ outcome: TransitionBatch.Outcome, _ ledger: inout LedgerDraft
    ) -> @Sendable (Int64) -> Void {
        if case .written = outcome { ledger.append(each.transition.events) }
        let offset = Int64(ledger.drafts.count)
        return { each.finish($0 + offset, outcome.cancellation) }
    }

    /// The first statements of each transaction. A daemon that is stopped (`SIGSTOP`) in a transaction would hold its
    /// locks and block the writers of all daemons. The server ends such a session after 3 s. When the daemon runs
    /// again, it repeats the writes, which fail for jobs that another worker has claimed.
    static let begin = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 3000"

    private static func run(
        _ item: Item, _ connection: PostgresConnection, _ ledger: inout LedgerDraft
    ) throws -> @Sendable (Int64) -> Void {
        let mark = ledger.mark
        if item.hasSavepoint { try connection.script("SAVEPOINT item") }
        do {
            let finish = try item.run(connection, &ledger)
            if item.hasSavepoint { try connection.script("RELEASE item") }
            return finish
        } catch let error as PostgresError where error.kind != .taken || !item.hasSavepoint {
            throw error
        } catch {
            ledger.rollBack(to: mark)
            if item.hasSavepoint { try connection.script("ROLLBACK TO item; RELEASE item") }
            if error is AdvisoryLocks.Missing { throw error }
            throw Refusal(cause: StorageError(postgres: error))
        }
    }
}
