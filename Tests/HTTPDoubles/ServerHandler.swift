import Glibc
import NIOCore
import NIOPosix

/// One connection of a ``TestServer``: collects a request, calls the responder and sends the reply.
final class ServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: Int
    private let log: ConnectionLog
    private let responder: TestServer.Responder
    private var buffer = ByteBuffer()

    init(connection: Int, log: ConnectionLog, responder: @escaping TestServer.Responder) {
        self.connection = connection
        self.log = log
        self.responder = responder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        buffer.writeBuffer(&bytes)
        guard let request = RequestParser.parse(&buffer, connection: connection) else { return }
        log.note(request)
        Self.answer(request, on: context.channel, responder)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private static func answer(
        _ request: ReceivedRequest, on channel: any Channel, _ responder: @escaping TestServer.Responder
    ) {
        Task { @Sendable in
            let answer = await responder(request)
            await perform(answer, on: channel, isHead: request.method == "HEAD")
        }
    }

    private static func perform(_ answer: ServerAnswer, on channel: any Channel, isHead: Bool) async {
        switch answer {
        case .silence: return
        case .status(let status, let headers, let body):
            var text = "HTTP/1.1 \(status) Reason\r\nContent-Length: \(body.utf8.count)\r\n"
            for (name, value) in headers { text += "\(name): \(value)\r\n" }
            try? await channel.writeAndFlush(ByteBuffer(string: text + "\r\n" + (isHead ? "" : body)))
        case .raw(let text, let ending):
            if !text.isEmpty { try? await channel.writeAndFlush(ByteBuffer(string: text)) }
            switch ending {
            case .stay: return
            case .close: try? await channel.close()
            case .reset:
                if let socket = channel as? any SocketOptionProvider {
                    try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
                }
                try? await channel.close()
            }
        }
    }
}

/// Parses just enough of HTTP/1.1 for tests: a head, and a body with `Content-Length`.
enum RequestParser {
    static func parse(_ buffer: inout ByteBuffer, connection: Int) -> ReceivedRequest? {
        let text = String(decoding: buffer.readableBytesView, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let head = String(text[..<end.lowerBound])
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        let start = lines.removeFirst().split(separator: " ").map(String.init)
        let headers = lines.compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        let headLength = head.utf8.count + 4
        guard start.count == 3, buffer.readableBytes >= headLength + length else { return nil }
        buffer.moveReaderIndex(forwardBy: headLength)
        let body = buffer.readBytes(length: length) ?? []
        return ReceivedRequest(
            method: start[0], target: start[1], headers: headers, body: body, connection: connection)
    }
}
