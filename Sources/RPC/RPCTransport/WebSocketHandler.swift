internal import JSONRPC
internal import NIOCore

/// Sends the pings and the close frame of a WebSocket. ``ConnectionHandler`` handles its messages.
///
/// The client is pinged at each interval (RFC 6455 §5.5). The connection is closed if the client has neither sent nor
/// accepted bytes since the last ping.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let session: Session
    private let pingInterval: TimeAmount
    private var hasHeard = false
    private var isPinged = false
    /// The number of bytes that the client had accepted at the ping, including the ping itself.
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

    /// Sends a close frame before the daemon closes the connection.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        sendClose(context, .goingAway)
        context.close(mode: mode, promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let end = event as? WebSocketEnd else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        sendClose(context, end.code)
        context.close(promise: promise)
    }

    private func sendClose(_ context: ChannelHandlerContext, _ code: WebSocketCloseCode) {
        guard !hasSaidClose, context.channel.isActive else { return }
        hasSaidClose = true
        let frame = context.channel.allocator.buffer(bytes: WebSocketFrames.close(code))
        context.writeAndFlush(NIOAny(frame), promise: nil)
    }
}

/// An event that makes a ``WebSocketHandler`` close the connection now.
struct WebSocketEnd: Sendable {
    let code: WebSocketCloseCode
}

// MARK: - Silence

extension WebSocketHandler {
    private func schedulePing(_ context: ChannelHandlerContext) {
        ping = context.eventLoop.assumeIsolated().scheduleTask(in: pingInterval) { [self] in checkSilence(context) }
    }

    /// Bytes that the client has accepted also show that it is alive. Its pong may be unread behind calls that wait.
    private func checkSilence(_ context: ChannelHandlerContext) {
        let taken = session.writtenBytes
        if isPinged, !hasHeard, taken <= written {
            sendClose(context, .unexpectedCondition)
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
