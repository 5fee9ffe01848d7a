import JSONRPC
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The WebSocket handshake of `/ws`. NIO performs the handshake; the server reads and writes the frames itself.
struct WebSocketUpgrade: NIOTypedHTTPServerProtocolUpgrader {
    static let path = "/ws"

    let origins: OriginPolicy
    /// The client of the connection. Each connection has its own copy of the upgrade.
    var peer = Peer.unknown
    private let serve: Gateway.WebSocketServer
    private let handshake: NIOTypedWebSocketServerUpgrader<GatewayChannel.Use>

    /// Creates the upgrade. It accepts every handshake that ``HandshakeFilter`` let through.
    init(origins: OriginPolicy, serve: @escaping Gateway.WebSocketServer) {
        self.origins = origins
        self.serve = serve
        handshake = NIOTypedWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                let headers = Self.subprotocol(head).map { HTTPHeaders([("sec-websocket-protocol", $0)]) }
                return channel.eventLoop.makeSucceededFuture(headers ?? HTTPHeaders())
            },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededFuture(.webSocket) })
    }

    /// Names that clients use for JSON-RPC over a WebSocket. No name is registered for it.
    private static let subprotocols: Set<String> = [
        "jsonrpc", "jsonrpc2", "jsonrpc2.0", "jsonrpc-2.0", "json-rpc", "json-rpc-2.0",
    ]

    /// Returns the first supported subprotocol of a handshake, as the client wrote it. A browser closes the
    /// connection if it asked for a subprotocol and the response has none.
    static func subprotocol(_ head: HTTPRequestHead) -> String? {
        head.headers[canonicalForm: "sec-websocket-protocol"].map { String($0) }
            .first { subprotocols.contains($0.lowercased()) }
    }

    var supportedProtocol: String { handshake.supportedProtocol }
    var requiredUpgradeHeaders: [String] { handshake.requiredUpgradeHeaders }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        handshake.buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<GatewayChannel.Use> {
        channel.eventLoop.makeCompletedFuture {
            let cookie = try SameOrigin.cookie(of: upgradeRequest, origins, peer)
            try serve(channel, peer, upgradeRequest.headers["authorization"], cookie)
            return .webSocket
        }
    }
}

/// Removes the upgrade header from a first request that is not a valid handshake, so that it is handled as a plain
/// request.
final class HandshakeFilter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let origins: OriginPolicy
    private let peer: Peer
    private let tokens: URLTokens

    init(origins: OriginPolicy, peer: Peer, tokens: URLTokens) {
        self.origins = origins
        self.peer = peer
        self.tokens = tokens
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        if !isHandshake(head) { head.headers.remove(name: "upgrade") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
        // After an upgrade the connection carries no more HTTP.
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// Checks the method, URL, host, headers and origin of a handshake.
    private func isHandshake(_ head: HTTPRequestHead) -> Bool {
        RequestRules.hasOneHost(head) && head.method == .GET && head.uri.prefix { $0 != "?" } == WebSocketUpgrade.path
            && head.headers.first(name: "upgrade")?.lowercased() == "websocket"
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && head.headers.contains(name: "sec-websocket-key")
            && head.headers.first(name: "sec-websocket-version") == "13"
            && origins.admits(origins: head.headers["origin"], host: head.headers.first(name: "host"))
            && mayShowCookie(head) && !tokens.isIn(head.uri)
    }

    /// Returns false for a cookie that the page may not use.
    private func mayShowCookie(_ head: HTTPRequestHead) -> Bool {
        do {
            _ = try SameOrigin.cookie(of: head, origins, peer)
            return true
        } catch {
            return false
        }
    }
}
