public import JSONRPC
internal import Locking
public import Logging
public import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Performs the TLS handshake of accepted connections.
public struct TLSAcceptor: Sendable {
    private let source: ContextSource
    private let handshakeTime: TimeAmount
    private let failures: HandshakeFailures

    /// Creates an acceptor whose connections use the present certificate of `source`. A connection is closed if its
    /// handshake takes longer than `handshakeTime`.
    public init(_ source: ContextSource, handshakeTime: TimeAmount = .seconds(10), logger: Logger) {
        self.source = source
        self.handshakeTime = handshakeTime
        failures = HandshakeFailures(logger: logger)
    }

    /// Adds the handlers for TLS to a new channel. Call it on the channel's event loop, before other handlers are
    /// added.
    ///
    /// After the handshake, `onReady` is called on the event loop with the client's certificate, or `nil` if the client
    /// has none. It adds the handlers of the connection. `onFailure` is called instead if the connection is closed
    /// before.
    public func accept(
        _ channel: any Channel, as use: ApplicationProtocol,
        onReady: @escaping (ClientCertificate?) throws -> Void, onFailure: @escaping () -> Void
    ) throws {
        let context = source.current
        let tls = NIOSSLServerHandler(context: context.context(for: use))
        let source = source
        let failures = failures
        let peer = channel.remoteAddress?.ipAddress ?? "unknown"
        let handler = HandshakeHandler(
            tls, expects: use, within: handshakeTime,
            check: { certificate throws(HandshakeError) in
                guard let certificate, let authority = context.authority else { return nil }
                do {
                    return try authority.check(der: try certificate.toDERBytes(), now: source.now)
                } catch {
                    throw HandshakeError(.certificateRefused, "the client's certificate is refused, \(error)")
                }
            }, onReady: onReady,
            onFailure: { error in
                failures.note(peer: peer, error, now: channel.eventLoop.now)
                onFailure()
            })
        try channel.pipeline.syncOperations.addHandlers([tls, handler])
    }
}

/// The reason why a handshake failed.
struct HandshakeError: Error, CustomStringConvertible {
    enum Code: String {
        /// The other side closed the connection, or the daemon is shutting down.
        case ended
        case timedOut
        /// The other side did not agree on the application protocol.
        case wrongProtocol
        /// The client's certificate breaks a rule.
        case certificateRefused
        /// TLS itself failed: another version, no trust in a certificate, or no TLS at all.
        case failed
    }

    let code: Code
    let description: String
    /// The error of TLS itself, if there is one.
    let cause: (any Error)?

    init(_ code: Code, _ description: String, cause: (any Error)? = nil) {
        self.code = code
        self.description = description
        self.cause = cause
    }

    /// Creates an error from an error of TLS, with BoringSSL's names of the reasons if it has any.
    init(tls error: any Error) {
        let text = "\(error)"
        let reasons = text.matches(of: /OPENSSL_internal:(\w+)/).map { String($0.1) }
        self.init(.failed, reasons.isEmpty ? text : reasons.joined(separator: ", "), cause: error)
    }
}

/// Waits for the handshake of the TLS handler before it. It removes itself after a successful one, and closes the
/// connection after any other.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let tls: NIOSSLHandler
    private let expected: ApplicationProtocol
    private let time: TimeAmount
    private let check: (NIOSSLCertificate?) throws(HandshakeError) -> ClientCertificate?
    private let onReady: (ClientCertificate?) throws -> Void
    private let onFailure: (HandshakeError) -> Void
    private var failure: HandshakeError?
    private var isDone = false
    private var deadline: Scheduled<Void>?

    /// Creates a handler. `check` decides about the certificate of the other side.
    init(
        _ tls: NIOSSLHandler, expects expected: ApplicationProtocol, within time: TimeAmount,
        check: @escaping (NIOSSLCertificate?) throws(HandshakeError) -> ClientCertificate?,
        onReady: @escaping (ClientCertificate?) throws -> Void, onFailure: @escaping (HandshakeError) -> Void
    ) {
        self.tls = tls
        self.expected = expected
        self.time = time
        self.check = check
        self.onReady = onReady
        self.onFailure = onFailure
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            fail(context, HandshakeError(.timedOut, "the handshake took longer than \(time)"))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        guard !isDone else { return }
        onFailure(failure ?? HandshakeError(.ended, "the connection ended during the handshake"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Until the handshake is accepted, nothing that the other side sends is read.
        if isDone { context.fireChannelRead(data) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let agreed): complete(context, agreed)
        case is ChannelShouldQuiesceEvent:
            fail(context, HandshakeError(.ended, "the daemon is shutting down"))
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(context, HandshakeError(tls: error))
    }

    private func complete(_ context: ChannelHandlerContext, _ agreed: String?) {
        guard failure == nil else { return }
        guard agreed == expected.rawValue else {
            let text = "the other side did not agree on the protocol \(expected.rawValue) (ALPN)"
            return fail(context, HandshakeError(.wrongProtocol, text))
        }
        do {
            try onReady(try check(tls.peerCertificate))
            isDone = true
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch let error as HandshakeError {
            fail(context, error)
        } catch {
            fail(context, HandshakeError(.failed, "\(error)", cause: error))
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ error: HandshakeError) {
        guard failure == nil, !isDone else { return }
        failure = error
        context.close(promise: nil)
    }
}

/// Logs failed handshakes, at most once a minute for each address.
struct HandshakeFailures: Sendable {
    private let logger: Logger
    private let pace = Locked(LogPace())

    init(logger: Logger) {
        self.logger = logger
    }

    func note(peer: String, _ error: HandshakeError, now: NIODeadline) {
        guard pace.withLock({ $0.allows(peer, now: now) }) else { return }
        logger.notice(
            "a TLS handshake failed: \(error)",
            metadata: ["peer": "\(peer)", "code": "tlsHandshakeFailed", "reason": "\(error.code.rawValue)"])
    }
}

/// Decides which lines are logged: one a minute for each key, for at most ``limit`` keys a minute.
struct LogPace: Sendable {
    /// The largest number of keys that are remembered.
    static let limit = 1024
    private static let pause = TimeAmount.minutes(1)

    private var next: [String: NIODeadline] = [:]

    mutating func allows(_ key: String, now: NIODeadline) -> Bool {
        if let next = next[key], now < next { return false }
        if next.count >= Self.limit { next = next.filter { now < $0.value } }
        guard next.count < Self.limit else { return false }
        next[key] = now + Self.pause
        return true
    }
}
