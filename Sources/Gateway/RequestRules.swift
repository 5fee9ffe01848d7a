import HTTPTypes
import NIOCore
import NIOHTTP1

/// What a request has to be before anything else looks at it: one `Host`, no body in a coding, and a client that waits for
/// `100 Continue` gets it.
final class RequestRules: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Whether the connection ends, and what still comes in is dropped.
    private var isOver = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        guard case .head(let head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        guard Self.hasOneHost(head) else { return refuse(context, .badRequest) }
        if head.version == .http1_1,
            head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" })
        {
            let interim = HTTPResponseHead(version: head.version, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
        }
        context.fireChannelRead(data)
    }

    /// RFC 9112 §3.2: HTTP/1.1 has exactly one, and two are an error in HTTP/1.0 as well.
    static func hasOneHost(_ head: HTTPRequestHead) -> Bool {
        let count = head.headers["host"].count
        return count == 1 || (count == 0 && head.version != .http1_1)
    }

    private func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus) {
        isOver = true
        let headers = HTTPHeaders([("connection", "close"), ("content-length", "0")])
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        LastWords.end(context.channel)
    }
}

/// The end of a connection whose last answer is to be read: output ends now, and all of it a second later.
///
/// A close at once, with bytes of the client unread, would be a reset, and that may take the answer with it.
enum LastWords {
    static func end(_ channel: any Channel) {
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }
}

/// Ends a connection behind the 400 that NIO answers to what is no HTTP.
final class BrokenRequestHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError { LastWords.end(context.channel) }
        context.fireErrorCaught(error)
    }
}
