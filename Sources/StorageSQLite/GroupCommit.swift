import AuraModel
import DequeModule
import Dispatch
import GRDB
import Locking
import Storage

/// The one writer: what queued while the last commit reached the disk goes into the next one.
///
///     caller A ─┐                    ┌─ savepoint A ─┐
///     caller B ─┼─▶ queue ─▶ BEGIN ──┼─ savepoint B ─┼──▶ COMMIT (fsync) ─▶ observer ─▶ A, B, C return
///     caller C ─┘                    └─ savepoint C ─┘
///
/// An item that throws rolls back to its own savepoint and leaves the others alone. A commit that fails fails them all.
final class GroupCommit: Sendable {
    typealias Observer = @Sendable ([Event]) -> Void

    /// What one transaction gathers for the ledger.
    struct Ledger {
        var head: Int64
        var events: [Event] = []
    }

    private struct Item: Sendable {
        var run: @Sendable (Database, inout Ledger) throws -> @Sendable () -> Void
        var fail: @Sendable (any Error) -> Void
    }

    private struct State: Sendable {
        var queue: Deque<Item> = []
        var isDraining = false
        var observer: Observer?
    }

    /// Callers that may wait at once, and items that share one commit.
    static let queueLimit = 20_000
    static let batchLimit = 256

    private let pool: DatabasePool
    private let state = Locked(State())
    private let thread = DispatchQueue(label: "aura.sqlite.writer")

    init(pool: DatabasePool) {
        self.pool = pool
    }

    func observe(_ observer: @escaping Observer) {
        state.withLock { $0.observer = observer }
    }

    /// Runs `body` within the next transaction and returns once that is on the disk.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database, inout Ledger) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Item(
                    run: { database, ledger in
                        let value = try body(database, &ledger)
                        return { continuation.resume(returning: value) }
                    },
                    fail: { continuation.resume(throwing: $0) }))
        }
    }

    private func enqueue(_ item: Item) {
        let action = state.withLock { state -> (isFull: Bool, starts: Bool) in
            guard state.queue.count < Self.queueLimit else { return (true, false) }
            state.queue.append(item)
            defer { state.isDraining = true }
            return (false, !state.isDraining)
        }
        if action.isFull {
            item.fail(StorageError(.unavailable, "the database cannot keep up: \(Self.queueLimit) writes wait"))
        }
        if action.starts { thread.async { self.drain() } }
    }

    private func drain() {
        while true {
            let batch = state.withLock { state -> [Item] in
                let count = min(state.queue.count, Self.batchLimit)
                let batch = Array(state.queue.prefix(count))
                state.queue.removeFirst(count)
                state.isDraining = !batch.isEmpty
                return batch
            }
            if batch.isEmpty { return }
            commit(batch)
        }
    }

    private func commit(_ batch: [Item]) {
        var finished: [@Sendable () -> Void] = []
        do {
            let events = try pool.writeWithoutTransaction { database in
                try Self.transaction(batch, database, &finished)
            }
            let observer = state.withLock { $0.observer }
            if !events.isEmpty { observer?(events) }
            for finish in finished { finish() }
        } catch {
            let failure = StorageError(error)
            for item in batch { item.fail(failure) }
        }
    }

    /// Items that throw on their own are answered here; the rest are answered after the commit.
    private static func transaction(
        _ batch: [Item], _ database: Database, _ finished: inout [@Sendable () -> Void]
    ) throws -> [Event] {
        var refused: [@Sendable () -> Void] = []
        var ledger = Ledger(head: 0)
        try database.execute(sql: "BEGIN IMMEDIATE")
        do {
            ledger.head = try LedgerRows.head(database)
            let before = ledger.head
            for item in batch {
                let kept = ledger
                try database.execute(sql: "SAVEPOINT item")
                do {
                    finished.append(try item.run(database, &ledger))
                } catch {
                    if isFatal(error) { throw error }
                    ledger = kept
                    try database.execute(sql: "ROLLBACK TO item")
                    refused.append { item.fail(StorageError.known(error)) }
                }
                try database.execute(sql: "RELEASE item")
            }
            if ledger.head != before { try LedgerRows.setHead(ledger.head, database) }
            try database.execute(sql: "COMMIT")
        } catch {
            if database.isInsideTransaction { try? database.execute(sql: "ROLLBACK") }
            throw error
        }
        finished.append(contentsOf: refused)
        return ledger.events
    }

    /// Errors after which the whole transaction may be gone: SQLite rolls back by itself on some of them.
    private static func isFatal(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_READONLY,
            .SQLITE_BUSY:
            return true
        default: return false
        }
    }
}
