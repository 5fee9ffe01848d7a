import Dispatch
import Locking
import TestKit
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct CommitQueueTests {
    @Test func entriesAreTakenInTheirOrderAndInBatches() throws {
        let queue = CommitQueue<Int>(batchLimit: 4)
        #expect(try queue.add(1) == 0, "the idle writer must be started")
        for number in 2...10 { #expect(try queue.add(number) == nil) }
        #expect(queue.take(for: 0) == [1, 2, 3, 4])
        #expect(try queue.add(11) == nil)
        #expect(queue.take(for: 0) == [5, 6, 7, 8])
        #expect(queue.take(for: 0) == [9, 10, 11])
        #expect(queue.take(for: 0) == [])
        #expect(try queue.add(12) == 0, "the writer became idle with the empty batch")
    }

    @Test func aFullQueueRefusesEntriesUntilSomeAreTaken() throws {
        let queue = CommitQueue<Int>(limit: 3, batchLimit: 2)
        for number in 1...3 { _ = try queue.add(number) }
        let error = #expect(throws: StorageError.self) { try queue.add(4) }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "the database cannot keep up: 3 writes wait")
        #expect(queue.take(for: 0) == [1, 2])
        for number in 5...6 { #expect(try queue.add(number) == nil) }
        #expect(throws: StorageError.self) { try queue.add(7) }
        #expect(queue.take(for: 0) == [3, 5])
        #expect(queue.take(for: 0) == [6])
    }

    /// An entry that a full queue refuses starts no writer. A full queue has its writers at work already.
    @Test func anIdleWriterIsStartedByTheFirstEntry() throws {
        let queue = CommitQueue<Int>(writers: 2, limit: 2, batchLimit: 1)
        let started = [try queue.add(1), try queue.add(2)]
        #expect(started == [0, 1])
        #expect(throws: StorageError.self) { try queue.add(3) }
        #expect(queue.take(for: 1) == [1])
        #expect(queue.take(for: 0) == [2])
        #expect(queue.take(for: 1) == [])
        #expect(try queue.add(4) == 1, "writer 0 is still at work")
        #expect(queue.take(for: 0) == [4])
        #expect(queue.take(for: 1) == [])
        #expect(queue.take(for: 0) == [])
        #expect(Set([try queue.add(5), try queue.add(6)]) == [0, 1])
    }

    /// While other daemons commit too, a store lets only one of its writers work at a time (`atWork: 1`).
    @Test func fewerWritersMayBeAtWork() throws {
        let queue = CommitQueue<Int>(writers: 2, batchLimit: 1)
        #expect(try queue.add(1, atWork: 1) == 0)
        #expect(try queue.add(2, atWork: 1) == nil)
        #expect(queue.count == 2)
        #expect(queue.start(atWork: 1) == nil)
        #expect(queue.start(atWork: 2) == 1, "an entry waits behind the first writer")
        // Both writers are at work. The first one that calls `take` becomes idle, and the other continues.
        #expect(queue.take(for: 0, atWork: 1) == [])
        #expect(queue.take(for: 1, atWork: 1) == [1])
        #expect(queue.take(for: 1, atWork: 1) == [2])
        #expect(queue.take(for: 1, atWork: 1) == [])
        #expect(queue.start() == nil, "nothing is queued")
        #expect(try queue.add(3, atWork: 1) != nil)
    }

    /// The threads of the writers, as the stores run them.
    private final class Writers: Sendable {
        let queue: CommitQueue<Int>
        let committed = Locked<[[Int]]>([])
        private let threads: [DispatchQueue]

        init(_ count: Int, batchLimit: Int) {
            queue = CommitQueue(writers: count, batchLimit: batchLimit)
            threads = (0..<count).map { DispatchQueue(label: "writer.\($0)") }
        }

        func write(_ number: Int) throws {
            guard let writer = try queue.add(number) else { return }
            threads[writer].async { self.drain(writer) }
        }

        private func drain(_ writer: Int) {
            while true {
                let batch = queue.take(for: writer)
                if batch.isEmpty { return }
                committed.withLock { $0.append(batch) }
            }
        }

        /// Waits for the writers to finish what was queued so far.
        func settle() {
            for thread in threads { thread.sync {} }
        }
    }

    /// An entry is added while a writer takes its last batch. Either the writer sees the entry, or the entry starts it.
    ///
    ///     adder:   add(n) ─▶ nil                add(n + 1) ─▶ starts the writer
    ///     writer:            take ─▶ [n]  take ─▶ [] (idle)
    @Test(arguments: [1, 2]) func noEntryIsLeftBehindAnIdleWriter(_ count: Int) async throws {
        let writers = Writers(count, batchLimit: 7)
        try await withThrowingTaskGroup { group in
            for lane in 0..<8 {
                group.addTask { for number in 0..<2500 { try writers.write(lane * 10_000 + number) } }
            }
            try await group.waitForAll()
        }
        writers.settle()
        #expect(writers.queue.take(for: 0).isEmpty)
        let batches = writers.committed.withLock { $0 }
        let all = batches.flatMap { $0 }
        #expect(all.count == 20_000)
        #expect(Set(all).count == 20_000, "each entry is committed once")
        #expect(batches.allSatisfy { (1...7).contains($0.count) })
        // One writer keeps the order of each caller.
        guard count == 1 else { return }
        for lane in 0..<8 {
            let own = all.filter { $0 / 10_000 == lane }
            #expect(own == own.sorted())
        }
    }
}
