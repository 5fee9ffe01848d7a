import Foundation
import JSON
import JSONRPC
import Locking
import Logging
import NIOCore
import NIOPosix
import RPCTransport
import ServiceLifecycle
import TestKit

/// A server under test on its own addresses.
struct TestServer: Sendable {
    let server: RPCServer
    let addresses: [ListenAddress]
    let services: ServiceGroup

    /// Runs a server while `body` runs, then shuts it down gracefully and waits for its end.
    static func run(
        on addresses: [ListenAddress], router: Router = Methods().router, limits: RPCLimits = RPCLimits(),
        drain: TimeAmount = .seconds(10), firstMessageTime: TimeAmount = .minutes(10),
        proofTime: TimeAmount = .minutes(10),
        onLog: (@Sendable (String) -> Void)? = nil, body: (TestServer) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        if let onLog { logger = Logger(label: "test") { _ in CallingLogHandler(onLog: onLog) } }
        try await withService(logger: logger) { onReady in
            RPCServer(
                addresses: addresses, router: router, limits: limits, drain: drain, firstMessageTime: firstMessageTime,
                proofTime: proofTime, group: MultiThreadedEventLoopGroup.singleton, logger: logger, onReady: onReady)
        } body: { server, bound, services in
            try await body(TestServer(server: server, addresses: bound, services: services))
        }
    }
}

/// Calls a closure with the text of each log line.
struct CallingLogHandler: LogHandler {
    let onLog: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { onLog("\(event.message)") }
}

/// Methods for tests, and the gate that holds the slow ones.
struct Methods: Sendable {
    struct Bytes: Decodable, Sendable { var bytes: Int }

    let gate = Gate()
    let sessions = Locked<[Session]>([])
    var router = Router { _ in }

    init() {
        let gate = gate
        let sessions = sessions
        router.registerImmediate(RPCMethod<NoParams, JSONValue>("ping")) { _, _ in "pong" }
        router.registerImmediate(RPCMethod<NoParams, String>("peer")) { _, call in "\(call.session.peer)"
        }
        router.registerImmediate(RPCMethod<Bytes, String>("big")) { given, _ in
            String(repeating: "x", count: given.bytes)
        }
        router.registerImmediate(RPCMethod<NoParams, JSONValue>("attach")) { _, call in
            sessions.withLock { $0.append(call.session) }
            return .null
        }
        router.register(RPCMethod<NoParams, String>("waits")) { _, _ in
            await gate.wait()
            return "done"
        }
        router.register(RPCMethod<NoParams, String>("waitsCancellably"), cancelsOnClose: true) { _, _ in
            try await gate.waitCancellably()
            return "done"
        }
    }
}

/// Holds tasks until the test releases them, and lets the test wait for an arrival.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream<Void>.makeStream()
    private let (arrivals, arrival) = AsyncStream<Void>.makeStream()

    func wait() async {
        arrival.yield()
        for await _ in stream { return }
    }

    func waitCancellably() async throws {
        await wait()
        try Task.checkCancellation()
    }

    func untilArrived() async {
        for await _ in arrivals { return }
    }

    /// Lets all tasks pass, now and later.
    func release() {
        continuation.finish()
    }
}

/// A directory that is removed with its contents.
struct ScratchDirectory: ~Copyable {
    let path: String

    init() throws {
        var template = Array("/tmp/aura-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    var socket: String { path + "/s" }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
