import JSON
import JSONRPC
import Locking

/// Methods for tests, and gates that hold the slow ones.
struct Daemon: Sendable {
    struct Sum: Decodable, PositionalParams, Sendable {
        static let positions = ["left", "right"]
        var left: Int
        var right: Int
    }

    struct Named: Codable, Sendable { var name: String? }

    struct Broken: Error { let secret = "hunter2" }

    let gate = Gate()
    let failures = Locked<[String]>([])
    var router: Router

    init() {
        let failures = failures
        let gate = gate
        router = Router { failure in failures.withLock { $0.append("\(failure.method): \(failure.error)") } }
        router.registerImmediate(RPCMethod<NoParams, JSONValue>("ping")) { _, _ in "pong" }
        router.registerImmediate(RPCMethod<Sum, Int>("sum")) { sum, _ in sum.left + sum.right }
        router.registerImmediate(RPCMethod<JSONValue, JSONValue>("echo")) { value, _ in value }
        router.registerImmediate(RPCMethod<NoParams, JSONValue>("nothing")) { _, _ in .null }
        router.registerImmediate(RPCMethod<NoParams, EncodedResult>("encoded")) { _, _ in
            EncodedResult(Array("[1]".utf8))
        }
        router.registerImmediate(RPCMethod<[String: Int], String>("big")) { given, _ in
            String(repeating: "x", count: given["bytes"] ?? 0)
        }
        router.register(RPCMethod<Sum, Int>("later")) { sum, _ in sum.left + sum.right }
        router.register(RPCMethod<Named, Named>("named")) { named, _ in named }
        router.register(RPCMethod<NoParams, JSONValue>("breaks")) { _, _ -> JSONValue in throw Broken() }
        router.registerImmediate(RPCMethod<NoParams, JSONValue>("breaksAtOnce")) { _, _ -> JSONValue in
            throw Broken()
        }
        router.registerImmediate(RPCMethod<NoParams, Double>("nan")) { _, _ in .nan }
        router.register(RPCMethod<NoParams, JSONValue>("refuses")) { _, _ -> JSONValue in
            throw RPCError(RPCErrorCode(-32020, "notFound"), "cannot find it", data: ["id": "x"])
        }
        router.register(RPCMethod<Named, String>("waits"), cancelsOnClose: true) { named, _ in
            try await gate.wait(named.name ?? "")
            return "done"
        }
    }

    func connect(limits: RPCLimits = RPCLimits()) -> InMemoryConnection {
        InMemoryConnection(router: router, limits: limits)
    }
}

/// Holds tasks until the test releases them, and lets the test wait for their arrival.
actor Gate {
    private var open: Set<String> = []
    private var arrived: [String: Int] = [:]
    private var waiting: [(name: String, ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    private var watchers: [(name: String, count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    private var lastTicket = 0

    func wait(_ name: String = "") async throws {
        arrived[name, default: 0] += 1
        let count = arrived[name, default: 0]
        for watcher in watchers where watcher.name == name && watcher.count <= count { watcher.continuation.resume() }
        watchers.removeAll { $0.name == name && $0.count <= count }
        if open.contains(name) { return }
        lastTicket += 1
        let ticket = lastTicket
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    waiting.append((name, ticket, continuation))
                }
            }
        } onCancel: {
            Task { await self.cancel(ticket) }
        }
    }

    /// Returns when `count` tasks have arrived at the gate.
    func untilArrived(_ count: Int = 1, _ name: String = "") async {
        if arrived[name, default: 0] >= count { return }
        await withCheckedContinuation { watchers.append((name, count, $0)) }
    }

    func release(_ name: String = "") {
        open.insert(name)
        let released = waiting.filter { $0.name == name }
        waiting.removeAll { $0.name == name }
        for waiter in released { waiter.continuation.resume() }
    }

    private func cancel(_ ticket: Int) {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting.remove(at: index).continuation.resume(throwing: CancellationError())
    }
}

extension InMemoryConnection {
    /// The next message as text, or `nil` after the last one.
    func nextText() async -> String? {
        await nextMessage().map { String(decoding: $0, as: UTF8.self) }
    }

    /// The next message as JSON, or `nil` after the last one.
    func nextJSON() async throws -> JSONValue? {
        try await nextMessage().map { try JSONValue(parsing: $0) }
    }

    /// Sends a message and returns the next message from the server.
    func ask(_ message: String) async throws -> JSONValue? {
        send(message)
        return try await nextJSON()
    }
}
