import JSON
import JSONRPC
import Locking
import Testing

/// Methods that answer without a task if they need not wait.
@Suite(.timeLimit(.minutes(3))) struct AtOnceTests {
    private let gate = Gate()
    private let passed = Locked(0)
    /// True if `read` can answer without waiting.
    private let isReady = Locked(true)

    private struct Counter: Interceptor {
        let passed: Locked<Int>
        let coversConstants = false
        func willCall(_ context: inout RPCContext) throws(RPCError) { passed.withLock { $0 += 1 } }
    }

    private var router: Router {
        var router = Router(interceptors: [Counter(passed: passed)]) { _ in }
        let (gate, isReady) = (gate, isReady)
        router.register(
            RPCMethod<NoParams, String>("read"), followsHolds: true, reads: true,
            atOnce: { _, _ in isReady.withLock { $0 } ? "at once" : nil }
        ) { _, _ in "in a task" }
        router.register(RPCMethod<NoParams, String>("change"), holdsEvents: true) { _, _ in
            try await gate.wait()
            return "changed"
        }
        return router
    }

    private func call(_ method: String, _ id: Int) -> String {
        "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"\(method)\"}"
    }

    @Test(arguments: [(true, "at once"), (false, "in a task")])
    func aCallThatMustWaitRunsInATask(isReady: Bool, result: String) async throws {
        self.isReady.withLock { $0 = isReady }
        let reply = try await InMemoryConnection(router: router).ask(call("read", 1))
        #expect(reply?["result"]?.stringValue == result)
        #expect(passed.withLock { $0 } == 1)
    }

    @Test func callsInABatchRunInTasks() async throws {
        let reply = try await InMemoryConnection(router: router).ask("[\(call("read", 1)),\(call("read", 2))]")
        #expect(reply?.arrayValue?.compactMap { $0["result"]?.stringValue } == ["in a task", "in a task"])
    }

    /// A client that sends a change and then a read, without waiting, sees the change.
    ///
    ///     change:  runs ────────────▶ reply
    ///     read:         waits ──────▶ runs in a task
    @Test func aReadFollowsAnEarlierChangeOfItsConnection() async throws {
        let connection = InMemoryConnection(router: router)
        connection.send(call("change", 1))
        connection.send(call("read", 2))
        await gate.untilArrived()
        await gate.release()
        #expect(try await connection.nextJSON()?["result"]?.stringValue == "changed")
        #expect(try await connection.nextJSON()?["result"]?.stringValue == "in a task")
        #expect(try await connection.ask(call("read", 3))?["result"]?.stringValue == "at once")
    }

    /// The limit of calls in flight holds for all calls, so that a client cannot read past it.
    @Test func aReadWaitsForARoomUnderTheLimitOfCallsInFlight() async throws {
        var limits = RPCLimits()
        limits.inFlightPerConnection = 1
        let connection = InMemoryConnection(router: router, limits: limits)
        connection.send(call("change", 1))
        connection.send(call("read", 2))
        #expect(connection.isParked)
        await gate.untilArrived()
        await gate.release()
        #expect(try await connection.nextJSON()?["id"] == 1)
        #expect(try await connection.nextJSON()?["id"] == 2)
    }
}
