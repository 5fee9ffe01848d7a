internal import JSONRPC
internal import NIOCore

/// Keeps a WebSocket alive, and says goodbye for it: what stands beside the messages, which are the ``ConnectionHandler``'s.
///
/// A client that was silent for long is pinged, and let go where it does not answer (RFC 6455 §5.5).
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let session: Session
    private let pingInterval: TimeAmount
    private var hasHeard = false
    private var isPinged = false
    /// What the client had taken when it was pinged, the ping itself included.
    private var written = 0
    private var hasSaidClose = false
    private var ping: Scheduled<Void>?

    init(session: Session, pingInterval: TimeAmount) {
        self.session = session
        self.pingInterval = pingInterval
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedulePing(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ping?.cancel()
        ping = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasHeard = true
        context.fireChannelRead(data)
    }

    /// A close of the daemon's side is said before.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        sayClose(context, .goingAway)
        context.close(mode: mode, promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let end = event as? WebSocketEnd else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        sayClose(context, end.code)
        context.close(promise: promise)
    }

    private func sayClose(_ context: ChannelHandlerContext, _ code: WebSocketCloseCode) {
        guard !hasSaidClose, context.channel.isActive else { return }
        hasSaidClose = true
        let frame = context.channel.allocator.buffer(bytes: WebSocketFrames.close(code))
        context.writeAndFlush(NIOAny(frame), promise: nil)
    }
}

/// Asks a ``WebSocketHandler`` to end the connection now.
struct WebSocketEnd: Sendable {
    let code: WebSocketCloseCode
}

// MARK: - Silence

extension WebSocketHandler {
    private func schedulePing(_ context: ChannelHandlerContext) {
        ping = context.eventLoop.assumeIsolated().scheduleTask(in: pingInterval) { [self] in checkSilence(context) }
    }

    /// That the client has taken what was written is a sign of life as well: a pong may stand behind calls that wait, unread.
    private func checkSilence(_ context: ChannelHandlerContext) {
        let taken = session.writtenBytes
        if isPinged, !hasHeard, taken <= written {
            sayClose(context, .unexpectedCondition)
            return context.close(promise: nil)
        }
        hasHeard = false
        isPinged = true
        let frame = WebSocketFrames.emptyPing()
        written = taken + frame.count
        session.send(frame: frame)
        schedulePing(context)
    }
}
