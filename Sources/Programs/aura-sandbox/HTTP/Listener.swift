import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// One HTTP listener. It passes each request to the responder and writes the response.
struct Listener: Service {
    /// Returns the response to a request, or throws ``ConnectionDropped`` to close the connection.
    typealias Responder = @Sendable (Request, CallContext) async throws -> Response

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
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [LocalGate(serves: serves)], idleTimeout: .seconds(120))
        let server = try HTTPServerBuilder.http1(configuration: configuration).buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port), backlog: 1_024),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
        ) { request, writer, channel in
            let source = ApplicationRequestContextSource(channel: channel, logger: logger)
            let response = try await respond(request, CallContext(source: source))
            try await writer.write(response: response.head, body: response.body)
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
}

/// Closes connections to local addresses that are not served, before a byte is read.
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
