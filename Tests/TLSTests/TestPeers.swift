import AuraModel
import Foundation
import JSONRPC
import Locking
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import RPCTransport
import ServiceLifecycle
import TLS
import TestKit
import X509

/// Event loops of their own, so that a thousand handshakes delay no tests of other suites.
private enum Loops {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
}

/// A server of lines with TLS at a free port, with its files and the lines of its log.
struct EncryptedServer {
    let authority: TestAuthority
    let directory: TemporaryDirectory
    let source: ContextSource
    let server: RPCServer
    let port: Int
    let log: Locked<[String]>

    /// Runs a server while `body` runs. Its clients are asked for certificates of its authority.
    static func run(
        clients: TLSFiles.ClientCertificates = .optional, handshakeTime: TimeAmount = .seconds(60),
        limits: RPCLimits = RPCLimits(), router: Router? = nil, _ body: (EncryptedServer) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        let directory = try TemporaryDirectory()
        let pair = try authority.issue(.server).write(to: directory, "server")
        let client = try authority.issued.write(to: directory, "authority").certificate
        let log = Locked<[String]>([])
        let logger = Logger(label: "test") { _ in CollectingLogHandler(lines: log) }
        let source = try ContextSource(
            TLSFiles(
                certificate: pair.certificate, key: pair.key, clientAuthority: client, clientCertificates: clients),
            time: SystemTime(), logger: logger)
        let methods = router ?? Self.methods()
        try await withService(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { onReady in
            RPCServer(
                addresses: [.tls(port: 0)], router: methods, limits: limits,
                tls: TLSAcceptor(source, handshakeTime: handshakeTime, logger: logger),
                group: Loops.group, logger: logger, onReady: onReady)
        } body: { server, bound, _ in
            guard case .tls(_, let port)? = bound.first else { return }
            try await body(
                EncryptedServer(
                    authority: authority, directory: directory, source: source, server: server, port: port, log: log))
        }
    }

    struct Size: Decodable, Sendable { var bytes: Int }

    private static func methods() -> Router {
        var router = Router { _ in }
        router.registerImmediate(RPCMethod<NoParams, String>("peer")) { _, call in "\(call.session.peer)" }
        router.registerImmediate(RPCMethod<Size, String>("big")) { given, _ in
            String(repeating: "x", count: given.bytes)
        }
        return router
    }

    /// Replaces the server's certificate and key by a new pair of the same authority.
    func renew() throws -> TestAuthority.Issued {
        let next = try authority.issue(.server)
        _ = try next.write(to: directory, "server")
        return next
    }

    func client(
        _ pair: TestAuthority.Issued? = nil, _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) async throws -> EncryptedClient {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([
            try NIOSSLCertificate(bytes: authority.issued.der, format: .der)
        ])
        configuration.applicationProtocols = ["aura/1"]
        configuration.minimumTLSVersion = .tlsv13
        if let pair {
            configuration.certificateChain = [.certificate(try NIOSSLCertificate(bytes: pair.der, format: .der))]
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(pair.keyPEM.utf8), format: .pem))
        }
        change(&configuration)
        return try await EncryptedClient.connect(port: port, NIOSSLContext(configuration: configuration))
    }
}

/// Keeps the text of each log line, with its metadata.
struct CollectingLogHandler: LogHandler {
    let lines: Locked<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.withLock { $0.append(([event.message.description] + all).joined(separator: " ")) }
    }
}

/// A client of any settings, or without TLS. It never throws because of the server: its text ends instead.
final class EncryptedClient: Sendable {
    private let channel: any Channel
    private let pieces: AsyncStream<String>
    private let tls: NIOLoopBound<NIOSSLClientHandler?>

    private init(channel: any Channel, pieces: AsyncStream<String>, tls: NIOLoopBound<NIOSSLClientHandler?>) {
        self.channel = channel
        self.pieces = pieces
        self.tls = tls
    }

    /// Connects; the handshake may still be in progress. Without a context the client speaks no TLS.
    static func connect(port: Int, _ context: NIOSSLContext?) async throws -> EncryptedClient {
        let (pieces, continuation) = AsyncStream<String>.makeStream()
        return try await ClientBootstrap(group: Loops.group)
            .connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { channel in
                let tls = try context.map { try NIOSSLClientHandler(context: $0, serverHostname: nil) }
                if let tls { try channel.pipeline.syncOperations.addHandler(tls) }
                try channel.pipeline.syncOperations.addHandler(Handler(pieces: continuation))
                return EncryptedClient(
                    channel: channel, pieces: pieces, tls: NIOLoopBound(tls, eventLoop: channel.eventLoop))
            }.get()
    }

    func send(_ text: String) {
        channel.writeAndFlush(channel.allocator.buffer(string: text), promise: nil)
    }

    /// Sends a call and returns the reply, or `nil` if the server closes the connection instead.
    func call(_ method: String, _ params: String = "{}") async -> String? {
        send(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"# + "\n")
        return await line()
    }

    /// Returns everything up to the end of the next line, or `nil` at the end of the connection.
    func line() async -> String? {
        var text = ""
        for await piece in pieces {
            text += piece
            if text.hasSuffix("\n") { return text }
        }
        return nil
    }

    /// Returns everything that the server sends until it closes the connection.
    func rest() async -> String {
        await pieces.reduce(into: "") { $0 += $1 }
    }

    /// The server's certificate in DER.
    func certificate() async throws -> [UInt8]? {
        try await channel.eventLoop.submit { [tls] in try tls.value?.peerCertificate?.toDERBytes() }.get()
    }

    var isOpen: Bool { channel.isActive }

    /// Ends the client's side with the closing message of TLS.
    func endInput() {
        channel.close(mode: .output, promise: nil)
    }

    func close() async {
        try? await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let pieces: AsyncStream<String>.Continuation

        init(pieces: AsyncStream<String>.Continuation) {
            self.pieces = pieces
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pieces.yield(String(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) {
            pieces.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
