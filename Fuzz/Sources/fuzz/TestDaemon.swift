import JSON

@testable import JSONRPC

/// The methods that the connection target calls, one for each way in which a router can reply.
enum TestDaemon {
    static let limits = RPCLimits(
        messageBytes: 4096, depth: 16, batchItems: 8, inFlightPerConnection: 4, subscriptionsPerConnection: 2,
        outboundQueueBytes: 16384)

    static let router: Router = {
        var router = Router { _ in }
        addImmediate(&router)
        addSuspending(&router)
        addSubscriptions(&router)
        return router
    }()

    private struct Sum: Decodable, PositionalParams, Sendable {
        static let positions = ["left", "right"]
        var left: Int8
        var right: Int8
    }

    private struct Count: Decodable, PositionalParams, Sendable {
        static let positions = ["count"]
        var count: UInt8
    }

    private struct Broken: Error {}

    private static func addImmediate(_ router: inout Router) {
        router.registerImmediate(RPCMethod<NoParams, JSONValue>("ping")) { _, _ in "pong" }
        router.registerImmediate(RPCMethod<JSONValue, JSONValue>("echo")) { value, _ in value }
        router.registerImmediate(RPCMethod<Sum, Int>("sum")) { sum, _ in Int(sum.left) + Int(sum.right) }
        router.registerImmediate(RPCMethod<Count, String>("long")) { given, _ in
            String(repeating: "x", count: Int(given.count) * 16)
        }
        router.registerImmediate(RPCMethod<JSONValue, JSONValue>("breaks")) { _, _ -> JSONValue in throw Broken() }
    }

    private static func addSuspending(_ router: inout Router) {
        router.register(RPCMethod<Count, Int>("wait"), cancelsOnClose: true) { given, _ in
            for _ in 0..<given.count {
                try Task.checkCancellation()
                await JobQueue.yield()
            }
            return Int(given.count)
        }
        router.register(RPCMethod<JSONValue, JSONValue>("change"), holdsEvents: true) { value, _ in
            await JobQueue.yield()
            return value
        }
        router.register(RPCMethod<JSONValue, JSONValue>("ask"), followsHolds: true) { value, _ in value }
    }

    /// Adds `follow`, which replies with a subscription and then sends the given number of events, modulo 8.
    private static func addSubscriptions(_ router: inout Router) {
        router.registerImmediate(RPCMethod<Count, JSONValue>("follow"), holdsEvents: true) {
            given, call throws -> Reply<JSONValue> in
            guard call.id != nil else { throw RPCError(.invalidRequest, "cannot follow without an id") }
            try call.session.reserveSubscription()
            let (number, count) = (nextSubscription(), Int64(given.count % 8))
            return Reply(["subscription": .integer(number), "count": .integer(count)]) {
                _ = Task { await send(count, to: call.session, number) }
            }
        }
    }

    private static func send(_ count: Int64, to session: Session, _ subscription: Int64) async {
        for event in 0..<count {
            let params: JSONValue = ["subscription": .integer(subscription), "event": .integer(event)]
            do { try await session.notify("event", params: params) } catch { break }
        }
        session.releaseSubscription()
    }

    nonisolated(unsafe) private static var lastSubscription: Int64 = 0

    private static func nextSubscription() -> Int64 {
        lastSubscription += 1
        return lastSubscription
    }
}
