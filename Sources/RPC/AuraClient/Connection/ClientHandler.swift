internal import JSON
internal import JSONRPC
internal import NIOCore

/// Splits the daemon's bytes into messages and passes them to the mailbox. It runs on the channel's event loop.
final class ClientHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let mailbox: Mailbox
    private let limits: JSONLimits
    private var framer: LineFramer
    private var failure: (any Error)?
    private var isReadHeldBack = false
    private var context: ChannelHandlerContext?
    private var liveness = Liveness()
    private let silence: TimeAmount
    private let onRefusal: @Sendable (RPCError) -> Void
    private var ticks: RepeatedTask?

    /// Creates a handler that sends a ping if the connection is silent for `silence` while the client waits for the
    /// daemon. `onRefusal` receives the error with which the daemon revokes the token of the connection.
    init(
        mailbox: Mailbox, limits: JSONLimits, silence: TimeAmount,
        onRefusal: @escaping @Sendable (RPCError) -> Void
    ) {
        self.mailbox = mailbox
        self.onRefusal = onRefusal
        self.limits = limits
        self.silence = silence
        framer = LineFramer(limit: limits.bytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let period = TimeAmount.nanoseconds(max(silence.nanoseconds / Int64(Liveness.ticksOfSilence), 1))
        ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in
            handler.value.tick()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        ticks?.cancel()
        mailbox.end(failure ?? ClientError(.connectionLost, "cannot go on, aurad closed the connection"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        liveness.heard()
        unwrapInboundIn(data).withUnsafeReadableBytes { framer.append($0) }
        do {
            try takeFrames()
        } catch {
            failure = ClientError(.invalidReply, "cannot read what aurad sent, \(error)")
            context.close(promise: nil)
        }
    }

    func read(context: ChannelHandlerContext) {
        isReadHeldBack = mailbox.isFull
        if !isReadHeldBack { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = failure ?? ClientError(.connectionLost, "cannot go on, the connection to aurad broke: \(error)")
        context.close(promise: nil)
    }

    /// Resumes reading after the mailbox was full.
    func resume() {
        guard isReadHeldBack, !mailbox.isFull, let context else { return }
        isReadHeldBack = false
        context.read()
    }

    /// Checks whether the connection has been silent for too long.
    private func tick() {
        guard let context else { return }
        switch liveness.tick(isAwaited: mailbox.isAwaited && !isReadHeldBack) {
        case .none: return
        case .probe:
            let probe = Connection.message("system.ping", nil, id: mailbox.newID())
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: probe)), promise: nil)
        case .lost:
            failure =
                failure
                ?? ClientError(
                    .connectionLost, "cannot go on, aurad sent nothing for \(silence * 2) and no answer to a ping")
            context.close(promise: nil)
        }
    }

    private func takeFrames() throws {
        while let frame = framer.next() {
            switch frame {
            case .tooLong: throw JSONParseError(.tooLarge, at: limits.bytes)
            case .broken, .ping, .close: throw JSONParseError(.invalidSyntax, at: 0)
            case .message(let range):
                let value = try framer.withBytes(of: range) { try JSONValue(parsing: $0, limits: limits) }
                for message in value.arrayValue ?? [value] {
                    guard let end = mailbox.take(message) else { continue }
                    close(after: end)
                }
            }
        }
    }

    /// Closes the connection after an error that concerns it as a whole.
    private func close(after error: RPCError) {
        if Refusal.isFinal(error) { onRefusal(error) }
        // If the rights of the token were only reduced, another connection gets the present ones.
        let isLoss = Refusal.isOfToken(error) && error.retryable
        failure = isLoss ? ClientError(.connectionLost, "cannot go on, \(error.message)") : error
        context?.close(promise: nil)
    }
}
