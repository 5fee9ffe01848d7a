internal import JSONRPC
internal import Logging
internal import NIOCore

/// Connects a NIO channel to its ``Session``. It runs on the channel's event loop.
///
/// Immediate calls never leave that loop. The replies to successive immediate calls of one read leave in one write.
/// While a write is in progress, further output is collected for the next write.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private static let stallTime = TimeAmount.seconds(1)

    private let session: Session
    private var reader: ConnectionReader
    private let closeDeadline: TimeAmount
    private let onForeign: () -> Void
    private let onClose: () -> Void
    private let logger: Logger
    private var context: ChannelHandlerContext?
    private var isReadHeldBack = false
    private var isSettling = false
    private var settlesAgain = false
    private var parkedTimeout: Scheduled<Void>?
    private var forcedClose: Scheduled<Void>?
    private var silence: Scheduled<Void>?
    /// True if bytes have arrived since the timer for silence was started.
    private var hasRead = false
    private var stallCheck: Scheduled<Void>?
    private let firstMessageTime: TimeAmount
    private var firstMessage: Scheduled<Void>?
    private let proofTime: TimeAmount
    private var proof: Scheduled<Void>?
    /// The error with which the connection ends when its channel becomes active.
    private var refusal: RPCError?

    /// Creates a handler. A TCP client must send its first complete message within `firstMessageTime`; later it may be
    /// silent. A client that must show a proof has `proofTime` for it. `onForeign` is called before the handler closes a
    /// connection that uses another protocol.
    init(
        session: Session, router: Router, framing: Framing, closeDeadline: TimeAmount,
        firstMessageTime: TimeAmount = .seconds(10), proofTime: TimeAmount = .seconds(10), logger: Logger,
        onForeign: @escaping () -> Void = {}, onClose: @escaping () -> Void
    ) {
        self.session = session
        self.closeDeadline = closeDeadline
        self.firstMessageTime = firstMessageTime
        self.proofTime = proofTime
        self.logger = logger
        self.onForeign = onForeign
        self.onClose = onClose
        reader = ConnectionReader(router: router, session: session, framing: framing)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        limitProof(context)
        guard !reader.hasSpoken else { return }
        firstMessage = context.eventLoop.assumeIsolated().scheduleTask(in: firstMessageTime) { [self] in
            guard !reader.hasSpoken else { return }
            logger.debug("closed a connection that sent no message", metadata: ["connection": "\(session.id)"])
            abort()
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        if let refusal { session.end(refusal) }
        context.fireChannelActive()
    }

    /// Ends the connection with an error. A channel that is not active yet can send nothing, so it ends later.
    func refuse(_ error: RPCError) {
        if context?.channel.isActive == true { session.end(error) } else { refusal = error }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasRead = true
        unwrapInboundIn(data).withUnsafeReadableBytes { reader.receive($0) }
    }

    /// Schedules ``settle()`` to run right after the channel has finished this read.
    ///
    /// ``settle()`` may close the channel, because a failed write does. NIO does not expect a close during a read,
    /// before it has reported the end of input.
    func channelReadComplete(context: ChannelHandlerContext) {
        if reader.awaitsSilence { keepSilence(context) }
        guard
            session.hasWork || reader.isParked || isReadHeldBack || parkedTimeout != nil || reader.closeCode != nil
                || reader.isForeign
        else { return }
        context.eventLoop.assumeIsolated().execute { [self] in settle() }
    }

    func read(context: ChannelHandlerContext) {
        isReadHeldBack = reader.isBlocked
        if !isReadHeldBack { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            reader.endInput()
            settle()
        case is ChannelShouldQuiesceEvent: drain()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        parkedTimeout?.cancel()
        silence?.cancel()
        forcedClose?.cancel()
        stallCheck?.cancel()
        firstMessage?.cancel()
        proof?.cancel()
        logger.debug("connection closed", metadata: ["connection": "\(session.id)"])
        session.didClose()
        onClose()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("connection failed", metadata: ["connection": "\(session.id)", "error": "\(error)"])
        context.close(promise: nil)
    }

    /// Continues after the session has woken the loop.
    func wake() {
        session.didWake()
        reader.pump()
        settle()
    }

    /// Accepts no more calls, and closes the connection when the calls in flight have replied.
    func drain() {
        session.drain()
        reader.stop()
        settle()
    }

    /// Closes the connection at once. Calls in flight are cancelled and their replies are dropped.
    func abort() {
        // Queued bytes are written first, because a close frame must not follow an incomplete frame.
        if let context { write(context) }
        session.didClose()
        session.cancelCalls()
        context?.close(promise: nil)
    }
}

// MARK: - After every event

extension ConnectionHandler {
    /// Writes queued output, starts or stops reading, and closes a finished connection.
    private func settle() {
        settlesAgain = true
        guard !isSettling else { return }
        isSettling = true
        while settlesAgain, let context {
            settlesAgain = false
            if reader.isForeign {
                onForeign()
                context.close(promise: nil)
                break
            }
            write(context)
            if let code = reader.closeCode {
                context.triggerUserOutboundEvent(WebSocketEnd(code: code), promise: nil)
                break
            }
            keepParkedTimeout(context)
            keepDeadline(context)
            if reader.awaitsSilence { keepSilence(context) }
            if isReadHeldBack, !reader.isBlocked {
                isReadHeldBack = false
                context.read()
            }
            if session.isFinished { context.close(promise: nil) }
        }
        isSettling = false
    }

    private func write(_ context: ChannelHandlerContext) {
        guard let bytes = session.takeOutput() else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { [self] in
            session.didWrite()
            reader.pump()
            settle()
        }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: promise)
    }

    /// Limits the time until the client has shown a proof. A client that has sent no complete message may speak another
    /// protocol, so it gets no error.
    private func limitProof(_ context: ChannelHandlerContext) {
        guard session.principal.awaitsProof else { return }
        proof = context.eventLoop.assumeIsolated().scheduleTask(in: proofTime) { [self] in
            guard session.principal.awaitsProof else { return }
            logger.debug("closed a connection without a proof", metadata: ["connection": "\(session.id)"])
            if reader.hasSpoken { session.end(.proofTooLate) } else { abort() }
        }
    }

    /// Limits the time that a call waits for calls in flight to end.
    private func keepParkedTimeout(_ context: ChannelHandlerContext) {
        guard reader.isParked else {
            parkedTimeout?.cancel()
            parkedTimeout = nil
            return
        }
        guard parkedTimeout == nil else { return }
        let delay = TimeAmount.milliseconds(Int64(session.limits.inFlightPatienceMs))
        parkedTimeout = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            parkedTimeout = nil
            reader.parkedTimedOut()
            settle()
        }
    }

    /// Reads a message without a line end after its client was silent. There is only one timer, however many bytes
    /// arrive.
    private func keepSilence(_ context: ChannelHandlerContext) {
        guard silence == nil else { return }
        hasRead = false
        let delay = TimeAmount.milliseconds(Int64(ConnectionReader.silenceMs))
        silence = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            silence = nil
            guard reader.awaitsSilence, let context = self.context else { return }
            if hasRead { return keepSilence(context) }
            reader.fallSilent()
            settle()
        }
    }

    /// After a requested close, limits the time for calls in flight to end and for the client to read the output.
    private func keepDeadline(_ context: ChannelHandlerContext) {
        guard session.wantsClose else { return }
        if session.isAnswered, stallCheck == nil { checkStall(context) }
        guard forcedClose == nil else { return }
        forcedClose = context.eventLoop.assumeIsolated().scheduleTask(in: closeDeadline) { [self] in abort() }
    }

    /// Aborts the connection of a client that reads no bytes for a second, while only replies are left to write.
    private func checkStall(_ context: ChannelHandlerContext) {
        let written = session.writtenBytes
        stallCheck = context.eventLoop.assumeIsolated().scheduleTask(in: Self.stallTime) { [self] in
            guard let context = self.context, session.writtenBytes > written else { return abort() }
            checkStall(context)
        }
    }
}

/// Sends the reason for a refused connection to the client, if there is one, and closes it.
final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let line: [UInt8]

    /// Creates a handler. Without an error it closes the connection at once: before a handshake of TLS, the client could
    /// not read a reason.
    init(_ error: RPCError?) {
        line = error?.line ?? []
    }

    func channelActive(context: ChannelHandlerContext) {
        if !line.isEmpty {
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: line)), promise: nil)
        }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
