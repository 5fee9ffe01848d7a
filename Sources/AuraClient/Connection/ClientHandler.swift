internal import JSON
internal import JSONRPC
internal import NIOCore

/// Cuts what a daemon sends into messages and puts them into the mailbox; lives on the channel's event loop.
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

    init(mailbox: Mailbox, limits: JSONLimits) {
        self.mailbox = mailbox
        self.limits = limits
        framer = LineFramer(limit: limits.bytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        mailbox.end(failure ?? ClientError(.connectionLost, "cannot go on, aurad closed the connection"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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

    /// Reads on after the mailbox was full.
    func goOn() {
        guard isReadHeldBack, !mailbox.isFull, let context else { return }
        isReadHeldBack = false
        context.read()
    }

    private func takeFrames() throws {
        while let frame = framer.next() {
            switch frame {
            case .tooLong: throw JSONParseError(.tooLarge, at: limits.bytes)
            case .broken, .ping, .hangUp: throw JSONParseError(.invalidSyntax, at: 0)
            case .message(let range):
                let value = try framer.withBytes(of: range) { try JSONValue(parsing: $0, limits: limits) }
                for message in value.arrayValue ?? [value] { mailbox.take(message) }
            }
        }
    }
}
