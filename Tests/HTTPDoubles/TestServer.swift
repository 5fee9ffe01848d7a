import Locking
import NIOCore
import NIOPosix

/// A small HTTP/1.1 server on a free loopback port. A closure decides its replies, which can be malformed or missing.
public final class TestServer: Sendable {
    public typealias Responder = @Sendable (ReceivedRequest) async -> ServerAnswer

    public let port: Int
    private let channel: any Channel
    private let log: ConnectionLog

    private init(channel: any Channel, log: ConnectionLog) {
        self.channel = channel
        self.log = log
        port = channel.localAddress?.port ?? 0
    }

    public var url: String { "http://127.0.0.1:\(port)" }

    /// The requests so far, in the order in which their last bytes arrived.
    public var requests: [ReceivedRequest] { log.requests }

    /// The number of connections accepted so far.
    public var connections: Int { log.connections }

    /// Starts a server, runs `body` with it and stops it.
    public static func run<Result>(
        _ responder: @escaping Responder, _ body: (TestServer) async throws -> Result
    ) async throws -> Result {
        let log = ConnectionLog()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(ChannelOptions.backlog, value: 512)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    let handler = ServerHandler(connection: log.nextConnection(), log: log, responder: responder)
                    try child.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = TestServer(channel: channel, log: log)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }
}

/// A request as the server received it.
public struct ReceivedRequest: Sendable {
    public var method: String
    /// Path and query as received.
    public var target: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// The number of the request's connection, counted from 1.
    public var connection: Int

    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// The server's reaction to a request.
public enum ServerAnswer: Sendable {
    /// A complete reply; the connection stays open.
    case status(Int, headers: [(String, String)] = [], body: String = "")
    /// These bytes, followed by the given end.
    case raw(String, then: Ending)
    /// No reply; the connection stays open.
    case silence

    public enum Ending: Sendable {
        case stay
        case close
        /// The connection is closed with a reset.
        case reset
    }
}

/// The state that all connections of a server share.
final class ConnectionLog: Sendable {
    private struct State {
        var connections = 0
        var requests: [ReceivedRequest] = []
    }

    private let state = Locked(State())

    var requests: [ReceivedRequest] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }

    func nextConnection() -> Int {
        state.withLock {
            $0.connections += 1
            return $0.connections
        }
    }

    func note(_ request: ReceivedRequest) {
        state.withLock { $0.requests.append(request) }
    }
}
