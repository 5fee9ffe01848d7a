import AuraModel
import Dispatch
import GRDB
import Locking
import Storage

/// The store's only writer. Writes that are queued during a commit share the next commit.
///
///     caller A ─┐                    ┌─ savepoint A ─┐
///     caller B ─┼─▶ queue ─▶ BEGIN ──┼─ savepoint B ─┼──▶ COMMIT (fsync) ─▶ observer ─▶ A, B, C return
///     caller C ─┘                    └─ savepoint C ─┘
///
/// An item that throws does not affect the others: it is rolled back to its own savepoint. An item that throws only
/// before it writes needs no savepoint. (A savepoint copies every page that the item changes, which costs more than
/// most items.) All items fail if the commit fails, or if SQLite reports an error that a savepoint cannot undo.
final class GroupCommit: Sendable {
    typealias Observer = @Sendable ([Event]) -> Void

    /// The ledger's head and the new events of one transaction, and its entries of the audit.
    struct LedgerDraft {
        var head: Int64
        var events: [Event] = []
        /// The entries of the audit, which are written at the end of the transaction.
        var audit: [AuditDraft] = []

        /// The state before an item.
        typealias Mark = (head: Int64, events: Int, audit: Int)

        var mark: Mark { (head, events.count, audit.count) }

        /// Removes the events and entries after `mark`. Restoring a saved copy would be slower: the next append would
        /// copy the whole array.
        mutating func rollBack(to mark: Mark) {
            head = mark.head
            events.removeLast(events.count - mark.events)
            audit.removeLast(audit.count - mark.audit)
        }
    }

    private struct Item: Sendable {
        var hasSavepoint: Bool
        var run: @Sendable (Database, inout LedgerDraft) throws -> @Sendable () -> Void
        var fail: @Sendable (StorageError) -> Void
    }

    private let pool: DatabasePool
    private let proof: DatabaseFile.Proof
    /// The head of an audit without entries.
    private let auditStart: AuditHead
    private let queue = CommitQueue<Item>()
    private let observer = Locked<Observer?>(nil)
    private let thread = DispatchQueue(label: "aura.sqlite.writer")

    init(pool: DatabasePool, proof: DatabaseFile.Proof, auditStart: AuditHead) {
        self.pool = pool
        self.proof = proof
        self.auditStart = auditStart
    }

    func observe(_ observer: @escaping Observer) {
        self.observer.withLock { $0 = observer }
    }

    /// Runs `body` in the next transaction. Returns when the transaction is durable.
    ///
    /// - Parameter mayThrowAfterWriting: true if `body` may throw after it has changed rows. It then gets a savepoint.
    func write<Value: Sendable>(
        mayThrowAfterWriting: Bool = false,
        _ body: @escaping @Sendable (Database, inout LedgerDraft) throws -> Value
    ) async throws(StorageError) -> Value {
        let result = await withCheckedContinuation { (continuation: StorageContinuation<Value>) in
            enqueue(
                Item(
                    hasSavepoint: mayThrowAfterWriting,
                    run: { database, ledger in
                        let value = try body(database, &ledger)
                        return { continuation.resume(returning: .success(value)) }
                    },
                    fail: { continuation.resume(returning: .failure($0)) }))
        }
        return try result.get()
    }

    private func enqueue(_ item: Item) {
        do {
            guard let writer = try queue.add(item) else { return }
            thread.async { self.drain(writer) }
        } catch {
            item.fail(error)
        }
    }

    private func drain(_ writer: Int) {
        while true {
            let batch = queue.take(for: writer)
            if batch.isEmpty { return }
            commit(batch)
        }
    }

    private func commit(_ batch: [Item]) {
        var finished: [@Sendable () -> Void] = []
        do {
            // A commit to a removed file is lost when this process ends, so it must not be reported as durable. The
            // check takes about 1 µs.
            try proof.check()
            let events = try pool.writeWithoutTransaction { database in
                try transaction(batch, database, &finished)
            }
            if !events.isEmpty { observer.withLock { $0 }?(events) }
            for finish in finished { finish() }
        } catch is StorageError where batch.count > 1 {
            // The audit cannot be written. Items without a draft succeed alone.
            for item in batch { commit([item]) }
        } catch {
            let failure = StorageError(sqlite: error, while: .writing)
            for item in batch { item.fail(failure) }
        }
    }

    /// Runs the items and commits. Appends to `finished` a function for each item that resumes its caller: with the
    /// result, or with the item's own error.
    private func transaction(
        _ batch: [Item], _ database: Database, _ finished: inout [@Sendable () -> Void]
    ) throws -> [Event] {
        var refused: [@Sendable () -> Void] = []
        var ledger = LedgerDraft(head: 0)
        try database.execute(sql: "BEGIN IMMEDIATE")
        do {
            ledger.head = try LedgerRows.head(database)
            let before = ledger.head
            for item in batch {
                do {
                    finished.append(try Self.run(item, database, &ledger))
                } catch let refusal as Refusal {
                    refused.append { item.fail(refusal.cause) }
                }
            }
            if ledger.head != before { try LedgerRows.setHead(ledger.head, database) }
            if !ledger.audit.isEmpty {
                try SQLAuditRows(SharedStatements(database), start: auditStart).append(ledger.audit)
            }
            try database.execute(sql: "COMMIT")
        } catch {
            if database.isInsideTransaction { try? database.execute(sql: "ROLLBACK") }
            throw error
        }
        finished.append(contentsOf: refused)
        return ledger.events
    }

    /// An item's own error. The transaction continues without the item.
    private struct Refusal: Error {
        var cause: StorageError

        init(_ error: any Error) {
            cause = StorageError(sqlite: error, while: .writing)
        }
    }

    private static func run(
        _ item: Item, _ database: Database, _ ledger: inout LedgerDraft
    ) throws -> @Sendable () -> Void {
        guard item.hasSavepoint else {
            do {
                return try item.run(database, &ledger)
            } catch let error as DatabaseError {
                throw error
            } catch {
                throw Refusal(error)
            }
        }
        let mark = ledger.mark
        try database.cachedStatement(sql: "SAVEPOINT item").execute()
        do {
            let finish = try item.run(database, &ledger)
            try database.cachedStatement(sql: "RELEASE item").execute()
            return finish
        } catch {
            if isFatal(error) { throw error }
            ledger.rollBack(to: mark)
            try database.cachedStatement(sql: "ROLLBACK TO item").execute()
            try database.cachedStatement(sql: "RELEASE item").execute()
            throw Refusal(error)
        }
    }

    /// Returns true for errors after which SQLite may have rolled back the whole transaction.
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
