/// The reason for the close of a WebSocket (RFC 6455 §7.4.1).
public struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    /// The number in the close frame.
    public let rawValue: UInt16

    /// Creates a code from any number.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The connection is no longer needed.
    public static let normal = WebSocketCloseCode(rawValue: 1000)
    /// The daemon closes the connection.
    public static let goingAway = WebSocketCloseCode(rawValue: 1001)
    /// The client sent bytes that are not a valid frame.
    public static let protocolError = WebSocketCloseCode(rawValue: 1002)
    /// The client sent a binary message that is not UTF-8.
    public static let unacceptableData = WebSocketCloseCode(rawValue: 1003)
    /// The client sent a text message that is not UTF-8.
    public static let invalidText = WebSocketCloseCode(rawValue: 1007)
    /// The client sent a message that is longer than `messageBytes`.
    public static let messageTooLarge = WebSocketCloseCode(rawValue: 1009)
    /// The daemon cannot continue the connection.
    public static let unexpectedCondition = WebSocketCloseCode(rawValue: 1011)
}

/// The frames of a WebSocket server, which are complete and not masked (RFC 6455 §5.2).
public enum WebSocketFrames {
    // These include the FIN bit, which marks the last frame of a message.
    private static let text: UInt8 = 0x81
    private static let binary: UInt8 = 0x82
    private static let close: UInt8 = 0x88
    private static let ping: UInt8 = 0x89
    private static let pong: UInt8 = 0x8A

    /// Returns a text frame for each line. Compact JSON contains no line end.
    public static func texts(of lines: UnsafeRawBufferPointer) -> [UInt8] { frames(text, of: lines) }

    /// Returns a binary frame for each line, for a client that sends binary frames.
    public static func binaries(of lines: UnsafeRawBufferPointer) -> [UInt8] { frames(binary, of: lines) }

    private static func frames(_ first: UInt8, of lines: UnsafeRawBufferPointer) -> [UInt8] {
        var frames: [UInt8] = []
        frames.reserveCapacity(lines.count + 16)
        var start = 0
        while let end = lines.firstIndex(of: UInt8(ascii: "\n"), from: start) {
            append(first, UnsafeRawBufferPointer(rebasing: lines[start..<end]), to: &frames)
            start = end + 1
        }
        return frames
    }

    /// Returns a ping without data, which the client must reply to with a pong.
    public static func emptyPing() -> [UInt8] { [ping, 0] }

    /// Returns a close frame, the last frame of a connection.
    public static func close(_ code: WebSocketCloseCode) -> [UInt8] {
        [close, 2, UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
    }

    static func pong(_ data: UnsafeRawBufferPointer) -> [UInt8] {
        var frame: [UInt8] = []
        append(pong, data, to: &frame)
        return frame
    }

    private static func append(_ first: UInt8, _ data: UnsafeRawBufferPointer, to frames: inout [UInt8]) {
        frames.append(first)
        switch data.count {
        case ...125: frames.append(UInt8(data.count))
        case ...0xFFFF: frames += [126, UInt8(data.count >> 8), UInt8(data.count & 0xFF)]
        default: frames += [127] + (0..<8).map { UInt8(truncatingIfNeeded: data.count >> (56 - 8 * $0)) }
        }
        frames.append(contentsOf: data)
    }
}
