import Glibc
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// One HTTP listener. It reads a whole call, passes it to the responder, and delivers the response as the faults
/// require.
struct Listener: Service {
    /// Returns the outcome of a call, or `nil` to close the connection.
    typealias Responder = @Sendable (Call, _ local: SocketAddress?) async throws -> Outcome?

    let name: String
    let host: String
    let port: Int
    /// Returns true if connections to this local address are served. Other connections are closed before a byte is
    /// read.
    let serves: @Sendable (SocketAddress) -> Bool
    let logger: Logger
    /// Receives the port when the listener is bound.
    let onBound: @Sendable (Int) -> Void
    let respond: Responder
    /// The port to use if ``port`` is in use; `nil` makes that an error.
    var fallback: Int?
    /// The network interface to which the listener is limited, a name of two letters (`lo`); `nil` serves all
    /// interfaces.
    var device: String?

    private static let bodyLimitBytes = 1 << 20

    func run() async throws {
        do {
            try await run(port: port)
        } catch let error as IOError {
            guard let fallback, error.errnoCode == EADDRINUSE else {
                throw SandboxError("cannot listen on \(host):\(port): \(error); choose another port, or 0")
            }
            logger.notice("\(name): port \(port) is in use; taking another")
            try await run(port: fallback)
        }
    }

    private func run(port: Int) async throws {
        let serves = serves
        let device = device
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [LocalGate(serves: serves)], idleTimeout: .seconds(120))
        let server = try HTTPServerBuilder.http1(configuration: configuration).buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port), backlog: 1_024),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
        ) { request, writer, channel in
            try await answer(request, writer, channel)
        } onServerRunning: { channel in
            if let device, let options = channel as? any SocketOptionProvider {
                var name = (UInt8(0), UInt8(0), UInt8(0))
                withUnsafeMutableBytes(of: &name) { $0.copyBytes(from: device.utf8.prefix(2)) }
                try? await options.unsafeSetSocketOption(
                    level: .socket, name: .init(rawValue: SO_BINDTODEVICE), value: name
                )
                .get()
            }
            onBound(channel.localAddress?.port ?? port)
        }
        try await server.run()
    }

    private func answer(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        var request = request
        let outcome: Outcome?
        do {
            let body = try await request.collectBody(upTo: Self.bodyLimitBytes)
            outcome = try await respond(call(request, body, channel), channel.localAddress)
        } catch is NIOTooManyBytesError {
            outcome = Outcome(
                answer: .refusal(.plain(413, "json_error", "request body too large"), path: request.uri.path))
        }
        guard let outcome, outcome.delivery != .dropped else { throw ConnectionDropped() }
        if outcome.delaySeconds > 0 { try await Task.sleep(for: .seconds(outcome.delaySeconds)) }
        try await deliver(outcome, writer)
    }

    private func call(_ request: Request, _ body: ByteBuffer, _ channel: any Channel) -> Call {
        Call(
            method: request.method.rawValue, path: request.uri.path,
            query: request.uri.query.map { QueryString.pairs($0) } ?? [],
            authorization: request.headers[.authorization], peer: channel.remoteAddress?.ipAddress,
            body: Array(body.readableBytesView), isFromPage: Self.isFromPage(request))
    }

    private static func isFromPage(_ request: Request) -> Bool {
        let marks = ["Origin", "Sec-Fetch-Site"].compactMap { HTTPField.Name($0) }
        if marks.contains(where: { request.headers[$0] != nil }) { return true }
        let authority = request.head.authority ?? ""
        let host = authority.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
        return host != "localhost" && !authority.hasPrefix("[") && host.contains { $0 != "." && !$0.isNumber }
    }

    private func deliver(_ outcome: Outcome, _ writer: consuming ResponseWriter) async throws {
        var head = HTTPResponse(status: .init(code: outcome.answer.status))
        for (name, value) in outcome.answer.headers {
            if let field = HTTPField.Name(name) { head.headerFields[field] = value }
        }
        let body = outcome.answer.body
        if outcome.answer.status != 204 { head.headerFields[.contentLength] = String(body.count) }
        switch outcome.delivery {
        case .whole:
            let content = body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: body))
            try await writer.write(response: head, body: content)
        case .truncated, .dropped:
            var content = try await writer.writeHead(head)
            try await content.write(ByteBuffer(bytes: body.prefix(body.count / 2)))
            throw ConnectionDropped()
        case .trickled(let seconds):
            var content = try await writer.writeHead(head)
            let size = max(1, (body.count + 9) / 10)
            for start in stride(from: 0, to: body.count, by: size) {
                try await content.write(ByteBuffer(bytes: body[start..<min(body.count, start + size)]))
                try await Task.sleep(for: .seconds(seconds / 10))
            }
            try await content.finish(nil)
        }
    }
}

/// Ends a connection without a complete response.
struct ConnectionDropped: Error {}

/// Closes connections to local addresses that are not served, as a host without that address would.
private final class LocalGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let serves: @Sendable (SocketAddress) -> Bool

    init(serves: @escaping @Sendable (SocketAddress) -> Bool) { self.serves = serves }

    func channelActive(context: ChannelHandlerContext) {
        if let address = context.localAddress, serves(address) {
            context.fireChannelActive()
        } else {
            context.close(promise: nil)
        }
    }
}
