import AuraModel
import DriverREST
import HTTPDoubles
import Locking
import Testing

@Suite("SingleFlight", .timeLimit(.minutes(3)))
struct SingleFlightTests {
    /// One call at a time. Callers who come later make a new call.
    @Test func callersDuringACallGetItsResult() async throws {
        let flight = SingleFlight<Int>()
        let calls = Locked(0)
        let go = Signal()
        let callers = (1...3).map { _ in
            Task {
                try await flight.run("count") {
                    await go.wait()
                    return calls.withLock { calls in
                        calls += 1
                        return calls
                    }
                }
            }
        }
        while flight.callersWaiting < 2 { await Task.yield() }
        go.raise()
        for caller in callers { #expect(try await caller.value == 1) }
        #expect(try await flight.run("count") { 2 } == 2)
    }

    @Test func callersDuringACallGetItsFailure() async throws {
        let flight = SingleFlight<Int>()
        let time = VirtualTime()
        let leader = Task {
            try await flight.run("count") { () async throws(Failure) -> Int in
                try? await time.sleep(for: .seconds(1))
                throw Failure(.transient, code: "busy", message: "cannot count: busy")
            }
        }
        await time.waitForSleeps(1)
        let follower = Task { try await flight.run("count") { 2 } }
        while flight.callersWaiting < 1 { await Task.yield() }
        time.advance(by: .seconds(1))
        #expect(await failure { _ = try await follower.value }?.code == "busy")
        #expect(await failure { _ = try await leader.value }?.code == "busy")
    }

    ///     leader:   calls ── is cancelled
    ///     follower:     waits ──────── calls
    @Test func aFollowerCallsIfTheLeaderIsCancelled() async throws {
        let flight = SingleFlight<Int>()
        let time = VirtualTime()
        let leader = Task {
            try await flight.run("count") { () async throws(Failure) -> Int in
                do { try await time.sleep(for: .seconds(1)) } catch { throw .cancelled("count") }
                return 1
            }
        }
        await time.waitForSleeps(1)
        let follower = Task { try await flight.run("count") { 2 } }
        while flight.callersWaiting < 1 { await Task.yield() }
        leader.cancel()
        #expect(try await follower.value == 2)
        #expect(await failure { _ = try await leader.value }?.code == "cancelled")
    }
}
