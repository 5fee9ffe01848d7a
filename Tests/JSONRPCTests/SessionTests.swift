import JSON
import JSONRPC
import Locking
import Testing

@Suite(.timeLimit(.minutes(3))) struct SessionTests {
    static func ping(_ id: Int) -> String { "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"ping\"}" }
    static func waits(_ id: Int, _ name: String = "") -> String {
        "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"waits\",\"params\":{\"name\":\"\(name)\"}}"
    }

    @Test func anImmediateCallIsAnsweredWhileOthersWait() async throws {
        let daemon = Daemon()
        let connection = daemon.connect()
        connection.send(Self.waits(1))
        #expect(try await connection.ask(Self.ping(2))?["id"] == 2)
        await daemon.gate.release()
        #expect(try await connection.nextJSON() == ["jsonrpc": "2.0", "id": 1, "result": "done"])
    }

    @Test func repliesInFlightArriveAfterAHalfClose() async throws {
        let daemon = Daemon()
        let connection = daemon.connect()
        connection.send(Array(Self.waits(1).utf8))
        connection.endInput()
        await daemon.gate.untilArrived()
        #expect(!connection.session.isClosed)
        await daemon.gate.release()
        #expect(try await connection.nextJSON()?["result"] == "done")
        #expect(await connection.nextMessage() == nil)
        #expect(connection.session.isClosed)
    }

    @Test func aSubscriptionOutlivesAHalfClose() async throws {
        let connection = Daemon().connect()
        try connection.session.reserveSubscription()
        connection.endInput()
        try await connection.session.notify("event", params: ["n": 1])
        #expect(try await connection.nextJSON() == ["jsonrpc": "2.0", "method": "event", "params": ["n": 1]])
        #expect(!connection.session.isClosed)
        connection.session.releaseSubscription()
        #expect(await connection.nextMessage() == nil)
    }

    @Test func aReplyLargerThanTheOutboundQueueIsAnError() async throws {
        let connection = Daemon().connect(limits: RPCLimits(outboundQueueBytes: 4000))
        let big = #"{"jsonrpc":"2.0","id":1,"method":"big","params":{"bytes":1000}}"#
        connection.send("[" + Array(repeating: big, count: 5).joined(separator: ",") + "]")
        let error = try await connection.nextJSON()?["error"]
        #expect(error?["data"]?["code"] == "outboundQueueFull")
        #expect(error?["data"]?["retryable"] == false && error?["data"]?["limit"] == 4000)
        #expect(error?["message"]?.stringValue?.contains("ask for less") == true)
        #expect(try await connection.ask(Self.ping(2))?["id"] == 2)
    }

    @Test func cancelEndsTheCallWithThatIdOnThatConnection() async throws {
        let daemon = Daemon()
        let connection = daemon.connect()
        let other = daemon.connect()
        connection.send(Self.waits(1))
        connection.send(Self.waits(2))
        other.send(Self.waits(1))
        await daemon.gate.untilArrived(3)
        connection.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#)
        let reply = try await connection.nextJSON()
        #expect(reply?["id"] == 1)
        #expect(reply?["error"]?["data"]?["code"] == "requestCancelled")
        await daemon.gate.release()
        #expect(try await connection.nextJSON()?["id"] == 2)
        #expect(try await other.nextJSON()?["result"] == "done")
    }

    @Test func cancelOfAnUnknownCallDoesNothingAndNeedsAnId() async throws {
        let connection = Daemon().connect()
        connection.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":9}}"#)
        connection.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{}}"#)
        #expect(
            try await connection.ask(#"{"jsonrpc":"2.0","id":3,"method":"$/cancelRequest","params":{"id":9}}"#)?[
                "result"] == .null)
        #expect(
            try await connection.ask(#"{"jsonrpc":"2.0","id":4,"method":"$/cancelRequest"}"#)?["error"]?["code"]
                == -32602)
    }

    @Test func closingCancelsOnlyCallsThatAskForIt() async throws {
        var daemon = Daemon()
        let gate = daemon.gate
        let ended = Gate()
        let outcomes = Locked<[String]>([])
        for cancels in [true, false] {
            daemon.router.register(
                RPCMethod<NoParams, JSONValue>("hangs\(cancels)"), cancelsOnClose: cancels
            ) { _, _ in
                do {
                    try await gate.wait("hang")
                    outcomes.withLock { $0.append("\(cancels) finished") }
                } catch {
                    outcomes.withLock { $0.append("\(cancels) cancelled") }
                }
                try await ended.wait("end")
                return .null
            }
        }
        let connection = daemon.connect()
        await ended.release("end")
        connection.send(#"{"jsonrpc":"2.0","id":1,"method":"hangstrue"}"#)
        connection.send(#"{"jsonrpc":"2.0","id":2,"method":"hangsfalse"}"#)
        await gate.untilArrived(2, "hang")
        connection.close()
        await ended.untilArrived(1, "end")
        #expect(outcomes.withLock { $0 } == ["true cancelled"])
        await gate.release("hang")
        await ended.untilArrived(2, "end")
        #expect(outcomes.withLock { $0 } == ["true cancelled", "false finished"])
        #expect(await connection.nextMessage() == nil)
    }

    @Test func closeHandlersRunOnce() {
        let connection = Daemon().connect()
        let runs = Locked<[Int]>([])
        connection.session.onClose { runs.withLock { $0.append(1) } }
        connection.session.onClose { runs.withLock { $0.append(2) } }
        connection.close()
        connection.close()
        connection.session.onClose { runs.withLock { $0.append(3) } }
        #expect(runs.withLock { $0 } == [1, 2, 3])
    }

    @Test func notifyingAClosedConnectionThrows() async {
        let connection = Daemon().connect()
        connection.close()
        await #expect(throws: SessionClosed.self) { try await connection.session.notify(Array("{}".utf8)) }
        #expect(connection.session.offer(Array("{}".utf8)) == .closed)
    }

    @Test func closeSendsTheQueuedMessagesFirst() async throws {
        let connection = Daemon().connect()
        try await connection.session.notify("bye", params: [:])
        connection.session.close()
        #expect(try await connection.nextJSON()?["method"] == "bye")
        #expect(await connection.nextMessage() == nil)
    }

    // MARK: Order

    @Test(arguments: [false, true])
    func aReplyPrecedesTheMessagesOfAfterReply(inBatch: Bool) async throws {
        var daemon = Daemon()
        for immediate in [true, false] {
            let reply: @Sendable (NoParams, RPCContext) -> Reply<String> = { _, call in
                Reply("subscribed", afterReply: { #expect(call.session.offer(Array("{\"event\":1}".utf8)) == .queued) })
            }
            if immediate {
                daemon.router.registerImmediate(RPCMethod<NoParams, String>("subscribe.true"), handler: reply)
            } else {
                daemon.router.register(RPCMethod<NoParams, String>("subscribe.false"), handler: { reply($0, $1) })
            }
        }
        for immediate in [true, false] {
            let connection = daemon.connect()
            let call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe.\(immediate)\"}"
            let answer = try await connection.ask(inBatch ? "[\(call)]" : call)
            #expect((inBatch ? answer?[0] : answer)?["result"] == "subscribed")
            #expect(try await connection.nextJSON() == ["event": 1])
        }
    }

    @Test(arguments: [false, true])
    func eventsWaitForTheReplyOfACallThatHoldsThem(inBatch: Bool) async throws {
        var daemon = Daemon()
        let gate = daemon.gate
        daemon.router.register(RPCMethod<NoParams, String>("create"), holdsEvents: true) { _, _ in
            try await gate.wait()
            return "job"
        }
        let connection = daemon.connect()
        let call = #"{"jsonrpc":"2.0","id":1,"method":"create"}"#
        connection.send(inBatch ? "[\(call)]" : call)
        await gate.untilArrived()
        #expect(connection.session.offer(Array("{}".utf8)) == .busy)
        async let sent: Void = connection.session.notify("event", params: [:])
        #expect(try await connection.ask(Self.ping(2))?["id"] == 2)
        await gate.release()
        let first = try await connection.nextJSON()
        #expect((inBatch ? first?[0] : first)?["result"] == "job")
        #expect(try await connection.nextJSON()?["method"] == "event")
        try await sent
        #expect(connection.session.offer(Array("{}".utf8)) == .queued)
    }

    // MARK: Back-pressure

    @Test func aSlowReaderSuspendsOnlyItsOwnSendersAndLosesNothing() async throws {
        let limits = RPCLimits(outboundQueueBytes: 64 << 10)
        let daemon = Daemon()
        let slow = daemon.connect(limits: limits)
        let quick = daemon.connect(limits: limits)
        let message = Session.notification("event", params: ["text": .string(String(repeating: "x", count: 1000))])
        var queued = 0
        while slow.session.offer(message) == .queued { queued += 1 }
        #expect(queued == limits.outboundNotificationBytes / (message.count + 1) + 1)
        let sender = Task { for _ in 0..<100 { try await slow.session.notify(message) } }
        for _ in 0..<1000 {
            try await quick.session.notify(message)
            #expect(await quick.nextMessage() == message)
        }
        for _ in 0..<(queued + 100) { #expect(await slow.nextMessage() == message) }
        try await sender.value
    }

    @Test func aWaitingSenderCanBeCancelledOrEndsWithTheConnection() async throws {
        let connection = Daemon().connect(limits: RPCLimits(outboundQueueBytes: 400))
        while connection.session.offer(Array("{}".utf8)) == .queued {}
        let cancelled = Task { try await connection.session.notify(Array("{}".utf8)) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let left = Task { try await connection.session.notify(Array("{}".utf8)) }
        await Task.yield()
        connection.close()
        await #expect(throws: SessionClosed.self) { try await left.value }
    }

    @Test func readingPausesWhileTheClientDoesNotRead() async throws {
        let connection = Daemon().connect(limits: RPCLimits(outboundQueueBytes: 64 << 10))
        let call = #"{"jsonrpc":"2.0","id":1,"method":"big","params":{"bytes":10000}}"#
        connection.send(Array(repeating: call, count: 100).joined(separator: "\n"))
        #expect(connection.isBlocked)
        for _ in 0..<100 { #expect((await connection.nextMessage()?.count ?? 0) > 10_000) }
        #expect(!connection.isBlocked)
    }

    @Test func aReplyThatOverflowsTheQueueBecomesAnError() async throws {
        var daemon = Daemon()
        let gate = daemon.gate
        daemon.router.register(RPCMethod<NoParams, String>("bigLater")) { _, _ in
            try await gate.wait()
            return String(repeating: "x", count: 50_000)
        }
        let connection = daemon.connect(limits: RPCLimits(outboundQueueBytes: 64 << 10))
        for id in 1...3 { connection.send("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"bigLater\"}") }
        await gate.untilArrived(3)
        connection.endInput()
        await gate.release()
        var names: [String] = []
        while connection.session.isClosed == false, names.count < 3, let reply = try await connection.nextJSON() {
            names.append(reply["error"]?["data"]?["code"]?.stringValue ?? "result")
        }
        #expect(names.first == "result")
        #expect(Set(names).isSubset(of: ["result", "outboundQueueFull"]))
    }

    // MARK: Limits

    @Test func callsOverTheLimitWaitUnreadAndAreRefusedAfterTheWait() async throws {
        let daemon = Daemon()
        let connection = daemon.connect(limits: RPCLimits(inFlightPerConnection: 2))
        for id in 1...4 { connection.send(Self.waits(id)) }
        connection.send(Self.ping(5))
        #expect(connection.isBlocked)
        #expect(connection.isParked)
        await daemon.gate.untilArrived(2)
        connection.parkedTimedOut()
        let refusal = try await connection.nextJSON()
        #expect(refusal?["id"] == 3)
        #expect(refusal?["error"]?["code"] == -32004)
        #expect(
            refusal?["error"]?["data"] == [
                "code": "tooManyInFlight", "retryable": true, "limit": 2, "actual": 3, "retryAfterMs": 1000,
            ])
        // The wait on this connection has already failed, so the next call is refused at once.
        let next = try await connection.nextJSON()
        #expect(next?["id"] == 4)
        #expect(next?["error"]?["code"] == -32004)
        #expect(!connection.isBlocked)
        await daemon.gate.release()
        var ids: [Int] = []
        for _ in 0..<3 { ids.append(try await connection.nextJSON()?["id"]?.intValue ?? 0) }
        #expect(ids.sorted() == [1, 2, 5])
        // The limit admits a call again, so later calls may wait again.
        #expect(try await connection.ask(Self.waits(6))?["result"] == "done")
    }

    @Test func pingsAndCancelsPassAtTheCallLimit() async throws {
        let daemon = Daemon()
        let connection = daemon.connect(limits: RPCLimits(inFlightPerConnection: 2))
        connection.send(Self.waits(1))
        connection.send(Self.waits(2))
        #expect(try await connection.ask(Self.ping(3))?["id"] == 3)
        await daemon.gate.untilArrived(2)
        connection.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":2}}"#)
        #expect(try await connection.nextJSON()?["id"] == 2)
        await daemon.gate.release()
        #expect(try await connection.nextJSON()?["id"] == 1)
    }

    @Test func subscriptionsAreLimited() throws {
        let connection = Daemon().connect(limits: RPCLimits(subscriptionsPerConnection: 2))
        try connection.session.reserveSubscription()
        try connection.session.reserveSubscription()
        let error = #expect(throws: RPCError.self) { try connection.session.reserveSubscription() }
        #expect(error?.code == .tooManySubscriptions)
        #expect(error?.data["limit"] == 2)
        connection.session.releaseSubscription()
        #expect(throws: Never.self) { try connection.session.reserveSubscription() }
    }

    /// Each connection that shows a proof of the principal counts until it closes.
    @Test func connectionsOfAPrincipalAreLimited() throws {
        let limits = RPCLimits(connectionsPerPrincipal: 2, subscriptionsPerPrincipal: 3)
        let budget = CallBudget(limits: limits)
        func connect(_ id: UInt64) -> Session {
            let peer = Peer.tcp(address: "192.0.2.7", port: Int(id))
            return InMemoryConnection(router: Router { _ in }, peer: peer, limits: limits, id: id, budget: budget)
                .session
        }
        let (alice, bob) = (Principal(id: "alice", proof: .token), Principal(id: "bob", proof: .session))
        let sessions = (1...4).map { connect($0) }
        for session in sessions.prefix(2) { try session.identify(as: alice) }
        // A second proof of the same principal is no further connection.
        try sessions[0].identify(as: alice)
        let error = #expect(throws: RPCError.self) { try sessions[2].identify(as: alice) }
        #expect(error?.code == .tooManyConnectionsOfUser)
        #expect(sessions[2].principal.id != "alice")
        try sessions[2].identify(as: bob)
        // A connection that becomes another principal's gives its place back, and so does a closed one.
        try sessions[1].identify(as: bob)
        try sessions[3].identify(as: alice)
        sessions[3].didClose()
        sessions[3].didClose()
        try sessions[3].identify(as: alice)
        try connect(5).identify(as: alice)
        #expect(throws: RPCError.self) { try connect(6).identify(as: alice) }
        // Subscriptions belong to the principal that made the first one.
        for _ in 1...3 { try sessions[2].reserveSubscription() }
        #expect(throws: RPCError.self) { try sessions[1].reserveSubscription() }
        try sessions[0].reserveSubscription()
        sessions[2].didClose()
        try sessions[1].reserveSubscription()
    }

    @Test func subscriptionsOfOneUserAreLimitedOverAllConnections() throws {
        let limits = RPCLimits(subscriptionsPerUser: 3, subscriptions: 4)
        let budget = CallBudget(limits: limits)
        func connect(_ uid: UInt32, _ id: UInt64) -> Session {
            let peer = Peer.unix(UnixPeer(uid: uid, gid: uid, pid: 1))
            return InMemoryConnection(router: Router { _ in }, peer: peer, limits: limits, id: id, budget: budget)
                .session
        }
        let (first, second, other) = (connect(1, 1), connect(1, 2), connect(2, 3))
        func expectRefusal(of session: Session, limit: Int) {
            let error = #expect(throws: RPCError.self) { try session.reserveSubscription() }
            #expect(error?.code == .tooManySubscriptions)
            #expect(error?.data["limit"] == .integer(Int64(limit)))
            #expect(error?.data["actual"] == .integer(Int64(limit) + 1))
        }
        try first.reserveSubscription()
        try first.reserveSubscription()
        try second.reserveSubscription()
        expectRefusal(of: second, limit: 3)
        try other.reserveSubscription()
        expectRefusal(of: other, limit: 4)
        // A closed connection returns its subscriptions to the budget, and only once.
        first.didClose()
        first.releaseSubscription()
        first.didClose()
        #expect(budget.subscriptions == 2)
        try second.reserveSubscription()
        try second.reserveSubscription()
        expectRefusal(of: second, limit: 3)
        second.releaseSubscription()
        #expect(budget.subscriptions == 3)
        // A subscription that is reserved on a closed connection does not count in the budget.
        try first.reserveSubscription()
        first.releaseSubscription()
        #expect(budget.subscriptions == 3)
    }

    @Test func wireErrorsHaveDistinctNumbersAndNames() {
        let numbers = RPCErrorCode.wire.map(\.number)
        #expect(Set(numbers).count == numbers.count)
        #expect(Set(RPCErrorCode.wire.map(\.name)).count == numbers.count)
    }
}
