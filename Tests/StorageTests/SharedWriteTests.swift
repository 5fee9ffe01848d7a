import Locking
import TestKit
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct SharedWriteTests {
    private let shared = SharedWrite()
    private let gate = Gate()
    private let writes = Locked(0)

    /// Writes once the gate `name` is open.
    private func write(_ name: String, failing: Bool = false) async throws(StorageError) {
        try await shared.run { [gate, writes] () async throws(StorageError) in
            writes.withLock { $0 += 1 }
            await gate.passStubbornly(name)
            if failing { throw StorageError(.unavailable, "the disk is full") }
        }
    }

    /// Returns once `count` callers wait for the write in progress.
    private func waiters(_ count: Int) async throws {
        while shared.waiting < count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    ///     caller 1:  run ─── write ─────────▶ returns
    ///     caller 2:      run ── waits ──────▶ returns
    @Test func callersDuringAWriteShareIt() async throws {
        try await withThrowingTaskGroup { group in
            defer { gate.abandon() }
            group.addTask { try await write("first") }
            try await gate.arrived("first")
            for _ in 1...3 { group.addTask { try await write("another") } }
            try await waiters(3)
            gate.open("first")
            try await group.waitForAll()
        }
        #expect(writes.withLock { $0 } == 1)
    }

    @Test func aWriteAfterTheEndOfAnotherIsItsOwn() async throws {
        gate.abandon()
        try await write("first")
        try await write("second")
        #expect(writes.withLock { $0 } == 2)
    }

    @Test func aFailedWriteFailsAllThatWaitedAndTheNextStartsAnew() async throws {
        let failures = await withTaskGroup(of: StorageError?.self) { group in
            defer { gate.abandon() }
            group.addTask { await failure { () async throws(StorageError) in try await write("first", failing: true) } }
            try? await gate.arrived("first")
            for _ in 1...3 {
                group.addTask { await failure { () async throws(StorageError) in try await write("another") } }
            }
            try? await waiters(3)
            gate.open("first")
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(failures.map { $0?.code } == Array(repeating: .unavailable, count: 4))
        #expect(failures.allSatisfy { $0?.message == "the disk is full" })
        #expect(writes.withLock { $0 } == 1)
        try await write("third")
        #expect(writes.withLock { $0 } == 2)
    }

    /// Cancellation ends neither the write nor the wait for it: the caller learns that the row is written.
    @Test func aCancelledCallerGetsTheResultOfTheWrite() async throws {
        try await withThrowingTaskGroup { group in
            defer { gate.abandon() }
            group.addTask { try await write("first") }
            try await gate.arrived("first")
            group.addTask { try await write("another") }
            try await waiters(1)
            group.cancelAll()
            gate.open("first")
            try await group.waitForAll()
        }
        #expect(writes.withLock { $0 } == 1)
    }

    private func failure(_ body: () async throws(StorageError) -> Void) async -> StorageError? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }
}
