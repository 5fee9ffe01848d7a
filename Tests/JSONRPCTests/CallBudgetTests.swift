import JSON
import Locking
import Testing

@testable import JSONRPC

@Suite struct CallBudgetTests {
    private static let call = CallBudget.Cost(calls: 1, waits: 0, bytes: 10)
    private static let wait = CallBudget.Cost(calls: 1, waits: 1, bytes: 10)

    @Test func oneUserGetsThreeQuartersOfTheCallsAndWaitsGetLess() {
        let budget = CallBudget(limits: RPCLimits(inFlight: 8))
        for _ in 0..<4 { #expect(budget.take(Self.wait, for: .user(1)) == nil) }
        #expect(budget.take(Self.wait, for: .user(1))?.code == .daemonBusy)
        for _ in 0..<2 { #expect(budget.take(Self.call, for: .user(1)) == nil) }
        #expect(budget.take(Self.call, for: .user(1))?.code == .daemonBusy)
        for _ in 0..<2 { #expect(budget.take(Self.wait, for: .network("::1")) == nil) }
        #expect(budget.take(Self.call, for: .user(2))?.code == .daemonBusy)
        budget.giveBack(Self.wait, of: .user(1))
        #expect(budget.take(Self.call, for: .user(2)) == nil)
    }

    @Test func bytesAreBoundedAndAMessageAloneAlwaysFits() {
        let budget = CallBudget(limits: RPCLimits(messageBytes: 100, inFlightBytes: 100))
        let long = CallBudget.Cost(bytes: 1000)
        #expect(budget.take(long, for: .process) == nil)
        #expect(budget.take(Self.call, for: .user(1))?.code == .daemonBusy)
        budget.giveBack(long, of: .process)
        #expect(budget.take(Self.call, for: .user(1)) == nil)
        #expect(budget.bytes == 10)
    }

    /// A principal has less than an address, and its address keeps what it has.
    @Test func aPrincipalHasAShareOfItsOwn() {
        let limits = RPCLimits(
            messageBytes: 10, inFlightBytes: 1000, connectionsPerPrincipal: 2, subscriptionsPerPrincipal: 3,
            inFlightBytesPerPrincipal: 40)
        let budget = CallBudget(limits: limits)
        let (one, two) = (CallBudget.Payer.principal("a"), CallBudget.Payer.principal("b"))
        for _ in 1...4 { #expect(budget.take(Self.call, for: one) == nil) }
        #expect(budget.take(Self.call, for: one)?.code == .daemonBusy)
        #expect(budget.take(Self.call, for: two) == nil)
        for _ in 1...5 { #expect(budget.take(Self.call, for: .network("::1")) == nil) }
        for _ in 1...3 { #expect(budget.takeSubscription(for: one) == nil) }
        #expect(budget.takeSubscription(for: one)?.data["limit"] == 3)
        #expect(budget.takeSubscription(for: .network("::1")) == nil)
        for _ in 1...2 { #expect(budget.takeConnection(of: one) == nil) }
        #expect(budget.takeConnection(of: one)?.code == .tooManyConnectionsOfUser)
        #expect(budget.takeConnection(of: two) == nil)
        budget.giveBackConnection(of: one)
        #expect(budget.takeConnection(of: one) == nil)
        for _ in 1...5 { #expect(budget.takeConnection(of: .network("::1")) == nil) }
    }

    /// 32 connections with a queue of 2 MiB each have the 64 MiB that a principal may have.
    @Test func theQueuesOfAPrincipalHaveABoundTogether() {
        #expect(RPCLimits().outboundQueueBytesOfPrincipal == 2 << 20)
        #expect(RPCLimits(connectionsPerPrincipal: 1).outboundQueueBytesOfPrincipal == 4 << 20)
        #expect(RPCLimits(connectionsPerPrincipal: 1000).outboundQueueBytesOfPrincipal == 1 << 20)
        #expect(RPCLimits(outboundQueueBytes: 1000).outboundQueueBytesOfPrincipal == 1000)
    }

    @Test func anEbbIsReportedOnceAfterEachPeak() {
        var ebb = CallBudget.Ebb()
        let falls = [10, 0, 100, 60, 25, 10, 0, 80, 20].map { ebb.falls(to: $0) }
        #expect(falls == [false, false, false, false, true, false, false, false, true])
    }

    @Test func callsOfAClosedConnectionGiveTheirShareBack() async throws {
        var daemon = Daemon()
        let gate = daemon.gate
        let ended = Locked<[String]>([])
        let (ends, end) = AsyncStream<Void>.makeStream()
        daemon.router.register(RPCMethod<NoParams, JSONValue>("reads"), reads: true) { _, _ in
            defer {
                ended.withLock { $0.append("reads") }
                end.yield()
            }
            try await gate.wait("hang")
            return .null
        }
        daemon.router.register(RPCMethod<NoParams, JSONValue>("writes")) { _, _ in
            try await gate.wait("hang")
            ended.withLock { $0.append("writes") }
            end.yield()
            return .null
        }
        let limits = RPCLimits()
        let budget = CallBudget(limits: limits)
        let connection = InMemoryConnection(router: daemon.router, limits: limits, budget: budget)
        for method in ["reads", "writes"] {
            connection.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\"}")
        }
        await gate.untilArrived(2, "hang")
        #expect(budget.calls == 2)
        connection.close()
        for await _ in ends { break }
        #expect(ended.withLock { $0 } == ["reads"])
        await gate.release("hang")
        for await _ in ends { break }
        #expect(ended.withLock { $0 } == ["reads", "writes"])
        while budget.calls > 0 { await Task.yield() }
        #expect(budget.bytes == 0)
        #expect(daemon.failures.withLock { $0 }.isEmpty)
    }

    @Test func aCallThatHasNotStartedIsDroppedWithItsConnection() async {
        var daemon = Daemon()
        let gate = daemon.gate
        let runs = Locked(0)
        daemon.router.register(RPCMethod<NoParams, JSONValue>("changes"), holdsEvents: true) { _, _ in
            try await gate.wait("hang")
            return .null
        }
        daemon.router.register(RPCMethod<NoParams, JSONValue>("follows"), followsHolds: true) { _, _ in
            runs.withLock { $0 += 1 }
            return .null
        }
        let limits = RPCLimits()
        let budget = CallBudget(limits: limits)
        let connection = InMemoryConnection(router: daemon.router, limits: limits, budget: budget)
        for method in ["changes", "follows"] {
            connection.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\"}")
        }
        await gate.untilArrived(1, "hang")
        connection.close()
        await gate.release("hang")
        while budget.calls > 0 { await Task.yield() }
        #expect(runs.withLock { $0 } == 0)
    }

    /// A client that sends a change and then a query, without waiting, sees the change.
    @Test(arguments: [
        [#"{"jsonrpc":"2.0","id":1,"method":"changes"}"#, #"{"jsonrpc":"2.0","id":2,"method":"follows"}"#],
        [#"[{"jsonrpc":"2.0","id":1,"method":"changes"}]"#, #"{"jsonrpc":"2.0","id":2,"method":"follows"}"#],
        [#"[{"jsonrpc":"2.0","id":1,"method":"changes"},{"jsonrpc":"2.0","id":2,"method":"follows"}]"#],
    ])
    func aQueryFollowsAnEarlierChange(_ messages: [String]) async {
        var daemon = Daemon()
        let gate = daemon.gate
        let order = Locked<[String]>([])
        daemon.router.register(RPCMethod<NoParams, JSONValue>("changes"), holdsEvents: true) { _, _ in
            try await gate.wait("change")
            order.withLock { $0.append("changes") }
            return .null
        }
        daemon.router.register(RPCMethod<NoParams, JSONValue>("follows"), followsHolds: true) { _, _ in
            order.withLock { $0.append("follows") }
            return .null
        }
        let connection = daemon.connect()
        for message in messages { connection.send(message) }
        await gate.untilArrived(1, "change")
        await gate.release("change")
        while order.withLock({ $0.count }) < 2 { await Task.yield() }
        #expect(order.withLock { $0 } == ["changes", "follows"])
    }

    @Test(arguments: ["ping", "later", "missing"])
    func anIDBeyondTheLimitIsRefusedWithIDNull(method: String) async throws {
        let connection = Daemon().connect()
        for (count, isTaken) in [(254, true), (255, false), (100_000, false)] {
            let id = String(repeating: "x", count: count)
            let reply = try await connection.ask("{\"jsonrpc\":\"2.0\",\"id\":\"\(id)\",\"method\":\"\(method)\"}")
            #expect(reply?["id"] == (isTaken ? .string(id) : .null))
            if !isTaken { #expect(reply?["error"]?["code"] == -32600) }
        }
    }
}
