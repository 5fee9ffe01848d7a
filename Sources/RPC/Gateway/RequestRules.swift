import HTTPTypes
import NIOCore
import NIOHTTP1

/// The first checks of an HTTP request. Refuses a request whose `Host` header is repeated, or missing in HTTP/1.1, and
/// sends `100 Continue` to a client that waits for it.
///
/// On shutdown an incomplete request gets status 503 and its connection is closed, because NIO's HTTP handler would
/// wait for the rest. For a complete request, `drain` limits the time until its response is sent and read.
final class RequestRules: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Answer {
        case awaited
        case begun
        case ended
    }

    private let drain: TimeAmount
    /// True until the end of the current request has arrived.
    private var isReading = false
    /// The state of the response to the current request.
    private var answer = Answer.awaited
    private var isGoingDown = false
    /// True if the connection ends. Further input and output is dropped.
    private var isOver = false
    private var deadline: Scheduled<Void>?

    init(drain: TimeAmount) {
        self.drain = drain
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        switch unwrapInboundIn(data) {
        case .body: break
        case .end: isReading = false
        case .head(let head):
            isReading = true
            answer = .awaited
            guard Self.hasOneHost(head) else { return refuse(context, .badRequest) }
            if isGoingDown { return refuse(context, .serviceUnavailable) }
            if head.version == .http1_1,
                head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" })
            {
                let interim = HTTPResponseHead(version: head.version, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
            }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // A second response would break NIO's HTTP handler: its assertions end a debug build.
        guard !isOver else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head): if head.status.code >= 200 { answer = .begun }
        case .body: break
        case .end: answer = .ended
        }
        context.write(data, promise: promise)
        if isGoingDown, isReading, answer == .ended { end(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is GoingDown { goDown(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError, !isOver {
            let mayAnswer = context.channel.isActive && !isGoingDown && answer != .begun
            if mayAnswer { refuse(context, .badRequest) } else { end(context) }
        }
        context.fireErrorCaught(error)
    }

    private func goDown(_ context: ChannelHandlerContext) {
        guard !isGoingDown, !isOver else { return }
        isGoingDown = true
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: drain) { channel.close(promise: nil) }
        guard isReading else { return }
        switch answer {
        case .awaited: refuse(context, .serviceUnavailable)
        case .begun: break
        case .ended: end(context)
        }
    }

    /// RFC 9112 §3.2: a request of HTTP/1.1 has exactly one `Host`. Two are an error in HTTP/1.0 as well.
    static func hasOneHost(_ head: HTTPRequestHead) -> Bool {
        let count = head.headers["host"].count
        return count == 1 || (count == 0 && head.version != .http1_1)
    }

    private func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus) {
        context.write(wrapOutboundOut(.head(.closing(status))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        end(context)
    }

    private func end(_ context: ChannelHandlerContext) {
        isOver = true
        context.flush()
        LastWords.end(context.channel)
    }
}

/// Closes a connection so that the client can read the last response. It closes the output now, and the socket a second
/// later.
///
/// A full close while bytes of the client are unread would send a reset, which can discard the response.
enum LastWords {
    static func end(_ channel: any Channel) {
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }
}

/// Responds to a malformed first request with 400 and closes the connection. ``RequestRules`` handles later requests.
///
/// NIO's own `HTTPServerProtocolErrorHandler` would also respond to an incomplete head on a connection that is closed
/// on shutdown. That is an assertion failure in NIO.
final class BrokenRequestHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny
    typealias OutboundOut = HTTPServerResponsePart

    private var isGoingDown = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is GoingDown { isGoingDown = true }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isFirst = (try? context.pipeline.syncOperations.handler(type: RequestRules.self)) == nil
        if error is HTTPParserError, isFirst {
            if context.channel.isActive, !isGoingDown {
                context.write(wrapOutboundOut(.head(.closing(.badRequest))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
            LastWords.end(context.channel)
        }
        context.fireErrorCaught(error)
    }
}

extension HTTPResponseHead {
    /// Returns the head of a response without a body, the last one of its connection.
    fileprivate static func closing(_ status: HTTPResponseStatus) -> HTTPResponseHead {
        HTTPResponseHead(
            version: .http1_1, status: status,
            headers: HTTPHeaders([("connection", "close"), ("content-length", "0")]))
    }
}
