import AuraAPI
import JSON
import JSONRPC
import Testing

@testable import AuraClient

@Suite struct UnaddressedErrorTests {
    func waiting(_ bytes: Int...) -> [UnaddressedError.Waiting] {
        bytes.enumerated().map { UnaddressedError.Waiting(id: Int64($0.offset + 1), bytes: $0.element) }
    }

    @Test(arguments: [
        RPCError(.tooManyConnections, "full"), RPCError(.tooManyConnectionsOfUser, "full"),
        RPCError(RPCErrorCode(-32016, "tooManyConnectionsOfHost"), "full"), RPCError(.shuttingDown, "down"),
        RPCError(.parseError, "lost", data: ["reason": "brokenFraming"]), RPCError(.tokenRevoked, "revoked"),
        RPCError(.unauthenticated, "no token"),
    ])
    func limitsOfConnectionsTokensAndBrokenFramingEndTheConnection(_ error: RPCError) {
        #expect(UnaddressedError.meaning(of: error, waiting: waiting(10, 10)) == .connection)
    }

    @Test func aTooLargeErrorFailsTheOldestCallOverTheLimit() {
        let error = RPCError.limit(.messageTooLarge, "too large", limit: 100, actual: 200)
        #expect(UnaddressedError.meaning(of: error, waiting: waiting(10, 200, 300)) == .call(2))
        #expect(UnaddressedError.meaning(of: error, waiting: waiting(10, 20)) == .unknown)
    }

    @Test func anotherErrorFailsACallOnlyIfNoOtherWaits() {
        let error = RPCError(.parseError, "cannot read it")
        #expect(UnaddressedError.meaning(of: error, waiting: waiting(10)) == .call(1))
        #expect(UnaddressedError.meaning(of: error, waiting: waiting(10, 10)) == .unknown)
        #expect(UnaddressedError.meaning(of: error, waiting: []) == .unknown)
    }
}

@Suite struct LivenessTests {
    func actions(_ liveness: inout Liveness, _ count: Int, isAwaited: Bool = true) -> [Liveness.Action] {
        (0..<count).map { _ in liveness.tick(isAwaited: isAwaited) }
    }

    @Test func silenceIsProbedOnceAndThenCountsAsLoss() {
        var liveness = Liveness()
        #expect(actions(&liveness, 6) == [.none, .none, .probe, .none, .none, .lost])
    }

    @Test func receivedDataRestartsTheLivenessTimer() {
        var liveness = Liveness()
        _ = actions(&liveness, 5)
        liveness.heard()
        #expect(actions(&liveness, 3) == [.none, .none, .probe])
    }

    @Test func anIdleConnectionIsNotProbed() {
        var liveness = Liveness()
        #expect(actions(&liveness, 20, isAwaited: false).allSatisfy { $0 == .none })
        #expect(actions(&liveness, 2) == [.none, .none])
    }
}

@Suite struct CursorTests {
    @Test func aResumptionNamesTheInstanceAndTheEpochOfTheLastReply() throws {
        var cursor = Cursor(SubscribeParameters(filter: FilterParameters(instance: "ada"), from: .start))
        #expect(try cursor.request() == ["filter": ["instance": "ada"], "from": "start"])
        cursor.subscribed(head: 9, instance: "i1", epoch: "e1")
        #expect(try cursor.request() == ["filter": ["instance": "i1"], "from": "start"])
        _ = cursor.hear(["type": "step.done", "seq": 4])
        #expect(try cursor.request() == ["filter": ["instance": "i1"], "from": 4, "epoch": "e1"])
    }

    @Test func aResumptionWithoutInstanceAndEpochKeepsTheOriginalFilter() throws {
        var cursor = Cursor(SubscribeParameters(filter: FilterParameters(instance: "ada"), from: .start))
        cursor.subscribed(head: 9)
        _ = cursor.hear(["type": "step.done", "seq": 4])
        #expect(try cursor.request() == ["filter": ["instance": "ada"], "from": 4])
    }

    @Test func aGivenEpochIsSentAtOnce() throws {
        let cursor = Cursor(SubscribeParameters(from: .after(7)), epoch: "e1")
        #expect(try cursor.request() == ["from": 7, "epoch": "e1"])
    }

    @Test func anUnknownSubscriptionMessageMovesTheCursorAndIsNoEvent() {
        var cursor = Cursor(SubscribeParameters(from: .start))
        #expect(cursor.hear(["type": "subscription.later", "seq": 4]) == nil)
        #expect(cursor.seq == 4)
    }
}
