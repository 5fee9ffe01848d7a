internal import JSONRPC
internal import NIOCore
internal import NIOWebSocket

/// Between a WebSocket's frames and a ``ConnectionHandler``: a text message in is one message, each line out is a text frame.
///
/// Fragments are put together up to the limit. Pings are answered; a client that was silent for long is pinged, and let go where
/// it does not answer (RFC 6455 §5.5).
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = WebSocketFrame

    private let limits: RPCLimits
    private let pingInterval: TimeAmount
    /// The fragments of a text message that has begun.
    private var fragments: ByteBuffer?
    /// Bytes of the message that is being put together, kept or not.
    private var fragmentBytes = 0
    private var wasSilent = false
    private var isClosing = false
    private var ping: Scheduled<Void>?
    private var encoder: ChannelHandlerContext?

    init(limits: RPCLimits, pingInterval: TimeAmount) {
        self.limits = limits
        self.pingInterval = pingInterval
    }

    func handlerAdded(context: ChannelHandlerContext) {
        encoder = try? context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
        schedulePing(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ping?.cancel()
        ping = nil
        encoder = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        wasSilent = false
        var frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text: take(frame.unmaskedData, isLast: frame.fin, context)
        case .continuation: takeContinuation(frame, context)
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .pong: break
        case .connectionClose:
            let code = frame.data.readableBytes >= 2 ? readCode(&frame) : .normalClosure
            close(context, code)
        default: close(context, .unacceptableData)
        }
    }

    /// Each line is a message; compact JSON holds no line end.
    ///
    /// There is one write at a time, so that another one is a sign of life: the client has taken what was written before, though a
    /// pong behind calls that wait may not have been read.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        wasSilent = false
        let lines = unwrapOutboundIn(data)
        var frames = context.channel.allocator.buffer(capacity: lines.readableBytes + 64)
        lines.withUnsafeReadableBytes { lines in
            var rest = lines[...]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let message = UnsafeRawBufferPointer(rebasing: rest[..<end])
                frames.writeTextFrameHeader(length: message.count)
                frames.writeBytes(message)
                rest = rest[(end + 1)...]
            }
        }
        // Past NIO's encoder, which takes frames one by one.
        (encoder ?? context).write(NIOAny(frames), promise: promise)
    }

    /// A close of the daemon's side is said before.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        sayClose(context, .goingAway)
        context.close(mode: mode, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength:
            refuse(context, .messageTooLarge(limits, actual: limits.messageBytes + 1), .messageTooLarge)
        case is NIOWebSocketError: close(context, .protocolError)
        default: context.fireErrorCaught(error)
        }
    }

    /// Tells why, and closes.
    func refuse(_ context: ChannelHandlerContext, _ error: RPCError, _ code: WebSocketErrorCode) {
        let reply = context.channel.allocator.buffer(bytes: error.reply)
        context.write(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .text, data: reply)), promise: nil)
        close(context, code)
    }
}

extension ByteBuffer {
    fileprivate var isUTF8: Bool {
        withUnsafeReadableBytes { bytes in
            bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
        }
    }

    /// Writes what stands before a whole text of a server, which is not masked (RFC 6455 §5.2).
    fileprivate mutating func writeTextFrameHeader(length: Int) {
        let finalText: UInt8 = 0x81
        switch length {
        case ...125: writeMultipleIntegers(finalText, UInt8(length))
        case ...0xFFFF: writeMultipleIntegers(finalText, 126 as UInt8, UInt16(length))
        default: writeMultipleIntegers(finalText, 127 as UInt8, UInt64(length))
        }
    }
}

// MARK: - Messages of several frames

extension WebSocketHandler {
    private func takeContinuation(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard fragments != nil else { return close(context, .protocolError) }
        take(frame.unmaskedData, isLast: frame.fin, context, isContinuation: true)
    }

    private func take(
        _ data: ByteBuffer, isLast: Bool, _ context: ChannelHandlerContext, isContinuation: Bool = false
    ) {
        if !isContinuation {
            guard fragments == nil else { return close(context, .protocolError) }
            if isLast { return hand(data, context) }
            fragments = context.channel.allocator.buffer(capacity: data.readableBytes)
            fragmentBytes = 0
        }
        fragmentBytes += data.readableBytes
        guard fragmentBytes <= limits.messageBytes else {
            return refuse(context, .messageTooLarge(limits, actual: fragmentBytes), .messageTooLarge)
        }
        var part = data
        fragments?.writeBuffer(&part)
        guard isLast, let whole = fragments else { return }
        fragments = nil
        hand(whole, context)
    }

    /// Hands a whole message on; of one that is no text the connection dies (RFC 6455 §8.1).
    private func hand(_ message: ByteBuffer, _ context: ChannelHandlerContext) {
        guard message.isUTF8 else { return close(context, .dataInconsistentWithMessage) }
        context.fireChannelRead(wrapInboundOut(message))
    }
}

// MARK: - Silence and the end

extension WebSocketHandler {
    private func schedulePing(_ context: ChannelHandlerContext) {
        ping = context.eventLoop.assumeIsolated().scheduleTask(in: pingInterval) { [self] in checkSilence(context) }
    }

    private func checkSilence(_ context: ChannelHandlerContext) {
        guard !wasSilent else { return close(context, .unexpectedServerError) }
        wasSilent = true
        let empty = context.channel.allocator.buffer(capacity: 0)
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: empty)), promise: nil)
        schedulePing(context)
    }

    private func readCode(_ frame: inout WebSocketFrame) -> WebSocketErrorCode {
        var data = frame.unmaskedData
        return data.readWebSocketErrorCode() ?? .normalClosure
    }

    private func close(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        sayClose(context, code)
        context.close(promise: nil)
    }

    private func sayClose(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        guard !isClosing, context.channel.isActive else { return }
        isClosing = true
        var data = context.channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: code)
        context.writeAndFlush(
            wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)), promise: nil)
    }
}
