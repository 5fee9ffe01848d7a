import Locking
import Testing

@Suite("AsyncSemaphore", .timeLimit(.minutes(3)))
struct PermitsTests {
    /// Starts tasks that wait for a permit, in order. Each appends its number to `said` when it has one.
    private func waitInLine(_ permits: AsyncSemaphore, _ count: Int, _ said: Locked<[Int]>) async throws -> [Task<
        Void, any Error
    >] {
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<count {
            tasks.append(
                Task {
                    try await permits.take()
                    said.withLock { $0.append(number) }
                })
            // Tasks start in any order, so the next one is created when this one waits.
            while permits.waiting <= number { await Task.yield() }
        }
        return tasks
    }

    @Test func permitsAreGrantedInOrderOfArrival() async throws {
        let permits = AsyncSemaphore(1)
        try await permits.take()
        let said = Locked<[Int]>([])
        let tasks = try await waitInLine(permits, 5, said)
        for task in tasks {
            permits.giveBack()
            try await task.value
        }
        #expect(said.withLock { $0 } == [0, 1, 2, 3, 4])
    }

    @Test func aCancelledWaiterLosesItsTurnAndTheOthersKeepTheirs() async throws {
        let permits = AsyncSemaphore(1)
        try await permits.take()
        let said = Locked<[Int]>([])
        let tasks = try await waitInLine(permits, 3, said)
        tasks[1].cancel()
        await #expect(throws: AsyncSemaphore.Refusal.cancelled) { try await tasks[1].value }
        permits.giveBack()
        try await tasks[0].value
        permits.giveBack()
        try await tasks[2].value
        #expect(said.withLock { $0 } == [0, 2])
    }

    @Test func aWaiterOverTheLimitIsRefused() async throws {
        let permits = AsyncSemaphore(1, maximumWaiting: 1)
        try await permits.take()
        let tasks = try await waitInLine(permits, 1, Locked([]))
        await #expect(throws: AsyncSemaphore.Refusal.tooManyWait) { try await permits.take() }
        permits.giveBack()
        try await tasks[0].value
    }

    @Test func aCancelledWaiterFreesItsPlaceInTheQueue() async throws {
        let permits = AsyncSemaphore(1, maximumWaiting: 1)
        try await permits.take()
        for _ in 1...200 {
            let tasks = try await waitInLine(permits, 1, Locked([]))
            tasks[0].cancel()
            await #expect(throws: AsyncSemaphore.Refusal.cancelled) { try await tasks[0].value }
        }
        let tasks = try await waitInLine(permits, 1, Locked([]))
        permits.giveBack()
        try await tasks[0].value
    }
}
