internal import JSONRPC
internal import Logging
internal import NIOCore

/// Carries one connection between a NIO channel and its ``Session``; lives on the channel's event loop.
///
/// Calls that are answered at once never leave that loop. All replies to one read, and whatever else has queued up,
/// leave in one write; while a write is under way further output gathers for the next.
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
    private var patience: Scheduled<Void>?
    private var forcedClose: Scheduled<Void>?
    private var silence: Scheduled<Void>?
    /// Whether bytes came since the silence began to be measured.
    private var hasRead = false
    private var stallCheck: Scheduled<Void>?
    private let firstMessageTime: TimeAmount
    private var firstMessage: Scheduled<Void>?

    /// Creates a handler. A TCP client must send its first whole message within `firstMessageTime`; afterwards it may
    /// be silent. `onForeign` is called before a connection is closed because its client speaks another protocol.
    init(
        session: Session, router: Router, framing: Framing, closeDeadline: TimeAmount,
        firstMessageTime: TimeAmount = .seconds(10), logger: Logger,
        onForeign: @escaping () -> Void = {}, onClose: @escaping () -> Void
    ) {
        self.session = session
        self.closeDeadline = closeDeadline
        self.firstMessageTime = firstMessageTime
        self.logger = logger
        self.onForeign = onForeign
        self.onClose = onClose
        reader = ConnectionReader(router: router, session: session, framing: framing)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard !reader.hasSpoken else { return }
        firstMessage = context.eventLoop.assumeIsolated().scheduleTask(in: firstMessageTime) { [self] in
            guard !reader.hasSpoken else { return }
            logger.debug("closed a connection that sent no message", metadata: ["connection": "\(session.id)"])
            abort()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasRead = true
        unwrapInboundIn(data).withUnsafeReadableBytes { reader.receive($0) }
    }

    /// Settles once the channel is through with this read, within the same turn of the loop: a write that fails closes the
    /// channel, and NIO does not expect that while it is about to tell of the end of input.
    func channelReadComplete(context: ChannelHandlerContext) {
        if reader.awaitsSilence { keepSilence(context) }
        guard
            session.needsTurn || reader.isParked || isReadHeldBack || patience != nil || reader.hangUp != nil
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
        patience?.cancel()
        silence?.cancel()
        forcedClose?.cancel()
        stallCheck?.cancel()
        firstMessage?.cancel()
        logger.debug("connection closed", metadata: ["connection": "\(session.id)"])
        session.didClose()
        onClose()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("connection failed", metadata: ["connection": "\(session.id)", "error": "\(error)"])
        context.close(promise: nil)
    }

    /// Goes on after the session has woken the loop.
    func wake() {
        session.didWake()
        reader.pump()
        settle()
    }

    /// Takes no more calls and closes when those in flight are answered.
    func drain() {
        session.drain()
        reader.stop()
        settle()
    }

    /// Ends the connection without further ado: what a call still answers, cut short as it is, nobody is told.
    func abort() {
        // A frame that went out in part would be cut short by the last word.
        if let context { write(context) }
        session.didClose()
        session.cancelCalls()
        context?.close(promise: nil)
    }
}

// MARK: - After every event

extension ConnectionHandler {
    /// Writes what there is to write, reads or stops reading, and closes what is finished.
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
            if let code = reader.hangUp {
                context.triggerUserOutboundEvent(WebSocketEnd(code: code), promise: nil)
                break
            }
            keepPatience(context)
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

    /// Bounds how long a call waits for room among those in flight.
    private func keepPatience(_ context: ChannelHandlerContext) {
        guard reader.isParked else {
            patience?.cancel()
            patience = nil
            return
        }
        guard patience == nil else { return }
        let delay = TimeAmount.milliseconds(Int64(session.limits.inFlightPatienceMs))
        patience = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            patience = nil
            reader.losePatience()
            settle()
        }
    }

    /// Reads a message without a line end once its sender is silent. One timer at a time, however much comes in.
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

    /// Bounds how long a client that is to be closed may take to read what is left.
    private func keepDeadline(_ context: ChannelHandlerContext) {
        guard session.wantsClose else { return }
        if session.isAnswered, stallCheck == nil { checkStall(context) }
        guard forcedClose == nil else { return }
        forcedClose = context.eventLoop.assumeIsolated().scheduleTask(in: closeDeadline) { [self] in abort() }
    }

    /// Ends the connection of a client that reads nothing for a second while only written replies are left.
    private func checkStall(_ context: ChannelHandlerContext) {
        let written = session.writtenBytes
        stallCheck = context.eventLoop.assumeIsolated().scheduleTask(in: Self.stallTime) { [self] in
            guard let context = self.context, session.writtenBytes > written else { return abort() }
            checkStall(context)
        }
    }
}

/// Tells a client why it is not let in, and closes.
final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let line: [UInt8]

    init(_ error: RPCError) {
        line = error.line
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: line)), promise: nil)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
