import Locking
import Testing

@testable import AuraModel

@Suite(.timeLimit(.minutes(3))) struct SleepQueueTests {
    @Test func cancelledSleepsTakeNoMemory() async throws {
        let queue = SleepQueue()
        for _ in 1...50 {
            let sleepers = (1...200).map { _ in Task { try await queue.sleep(for: .seconds(3600)) } }
            for sleeper in sleepers { sleeper.cancel() }
            for sleeper in sleepers { await #expect(throws: CancellationError.self) { try await sleeper.value } }
            #expect(queue.kept <= 64)
        }
    }

    @Test func aSleepLastsAtLeastItsDuration() async throws {
        let queue = SleepQueue()
        let began = ContinuousClock.now
        let ended = try await withThrowingTaskGroup(of: Int.self) { group in
            for milliseconds in [300, 1, 200, 100] {
                group.addTask {
                    try await queue.sleep(for: .milliseconds(milliseconds))
                    #expect(ContinuousClock.now - began >= .milliseconds(milliseconds))
                    return milliseconds
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(ended) == [1, 100, 200, 300])
        #expect(queue.kept == 0)
    }

    @Test func aShortSleepDoesNotWaitForALongOne() async throws {
        let queue = SleepQueue()
        let long = Task { try await queue.sleep(for: .seconds(3600)) }
        while queue.kept == 0 { await Task.yield() }
        try await queue.sleep(for: .milliseconds(5))
        // The long sleep is still queued after the timer has fired for the short one, and its timer is set again.
        #expect(queue.kept == 1)
        try await queue.sleep(for: .milliseconds(5))
        long.cancel()
        await #expect(throws: CancellationError.self) { try await long.value }
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .seconds(3600), .seconds(Int64.max)])
    func aCancelledTaskDoesNotSleep(duration: Duration) async {
        let queue = SleepQueue()
        let isCancelled = Locked(false)
        let task = Task {
            while !isCancelled.withLock({ $0 }) { await Task.yield() }
            try await queue.sleep(for: duration)
        }
        task.cancel()
        isCancelled.withLock { $0 = true }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(queue.kept == 0)
    }

    @Test func onlyCancelledSleepsThrowAmongConcurrentOnes() async throws {
        let queue = SleepQueue()
        let tasks = (0..<2000).map { number in
            Task { try await queue.sleep(for: .microseconds(number % 50 * 100)) }
        }
        for (number, task) in tasks.enumerated() where number.isMultiple(of: 3) { task.cancel() }
        for (number, task) in tasks.enumerated() {
            do { try await task.value } catch { #expect(error is CancellationError && number.isMultiple(of: 3)) }
        }
        #expect(queue.kept <= 64)
    }
}
