import HTTPTypes
import JSONRPC
import NIOCore
import NIOHTTP1

/// The first checks of an HTTP request. Refuses a request whose `Host` header is repeated, or missing in HTTP/1.1, and one
/// with a token in its URL. Sends `100 Continue` to a client that waits for it.
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
    private let tokens: URLTokens
    /// True until the end of the current request has arrived.
    private var isReading = false
    /// The state of the response to the current request.
    private var answer = Answer.awaited
    private var isGoingDown = false
    /// True if the connection ends. Further input and output is dropped.
    private var isOver = false
    private var deadline: Scheduled<Void>?

    init(drain: TimeAmount, tokens: URLTokens) {
        self.drain = drain
        self.tokens = tokens
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
            guard !tokens.isIn(head.uri) else { return refuse(context, .badRequest, URLTokens.refusal) }
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

    private func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String = "") {
        context.write(wrapOutboundOut(.head(.closing(status, lengthBytes: text.utf8.count))), promise: nil)
        if !text.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        end(context)
    }

    private func end(_ context: ChannelHandlerContext) {
        isOver = true
        context.flush()
        LastWords.end(context.channel)
    }
}

/// Finds tokens in the URLs of requests, which proxies and browsers store.
struct URLTokens: Sendable {
    /// Decides about the tokens; `nil` if there are none.
    let authenticator: (any Authenticator)?
    let peer: Peer

    /// The body of the response to a request with a token in its URL.
    static let refusal =
        "cannot take the request, its URL has a token in it, where others may read it: send the header Authorization: "
        + "Bearer TOKEN instead; a valid token is revoked now: create a new one with aura token create\n"

    /// Returns true if the target of a request has a token. A genuine one is revoked.
    func isIn(_ target: String) -> Bool {
        guard let authenticator else { return false }
        return authenticator.refusesToken(in: Self.decoded(target), at: "URL", from: peer)
    }

    /// Returns the text with `%XX` as bytes. Other text stays as it is.
    private static func decoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let bytes = Array(text.utf8)
        var (plain, index): ([UInt8], Int) = ([], 0)
        while index < bytes.count {
            let digits = String(decoding: bytes[index...].dropFirst().prefix(2), as: UTF8.self)
            if bytes[index] == UInt8(ascii: "%"), digits.utf8.count == 2, let byte = UInt8(digits, radix: 16) {
                plain.append(byte)
                index += 3
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
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
    /// Returns the head of the last response of its connection. A body is plain text.
    fileprivate static func closing(_ status: HTTPResponseStatus, lengthBytes: Int = 0) -> HTTPResponseHead {
        var headers = HTTPHeaders([("connection", "close"), ("content-length", "\(lengthBytes)")])
        if lengthBytes > 0 { headers.add(name: "content-type", value: "text/plain; charset=utf-8") }
        return HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    }
}
