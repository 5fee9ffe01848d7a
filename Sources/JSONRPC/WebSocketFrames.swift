/// Why a WebSocket ends (RFC 6455 §7.4.1).
public struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    /// The number that a close frame carries.
    public let rawValue: UInt16

    /// Takes any number.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The client has what it wanted.
    public static let normal = WebSocketCloseCode(rawValue: 1000)
    /// The daemon ends the connection.
    public static let goingAway = WebSocketCloseCode(rawValue: 1001)
    /// What came was no WebSocket's frame.
    public static let protocolError = WebSocketCloseCode(rawValue: 1002)
    /// A binary message came that is no UTF-8.
    public static let unacceptableData = WebSocketCloseCode(rawValue: 1003)
    /// A text came that is no UTF-8.
    public static let invalidText = WebSocketCloseCode(rawValue: 1007)
    /// A message came that is longer than `messageBytes`.
    public static let messageTooLarge = WebSocketCloseCode(rawValue: 1009)
    /// The daemon cannot go on with the connection.
    public static let unexpectedCondition = WebSocketCloseCode(rawValue: 1011)
}

/// What a WebSocket's server sends: frames that are whole and not masked (RFC 6455 §5.2).
public enum WebSocketFrames {
    // With the bit that says that a frame is a message's last.
    private static let text: UInt8 = 0x81
    private static let binary: UInt8 = 0x82
    private static let close: UInt8 = 0x88
    private static let ping: UInt8 = 0x89
    private static let pong: UInt8 = 0x8A

    /// A text frame for each line: compact JSON holds no line end.
    public static func texts(of lines: UnsafeRawBufferPointer) -> [UInt8] { frames(text, of: lines) }

    /// A binary frame for each line, for a client that sends such frames.
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

    /// Asks the client for a sign of life.
    public static func emptyPing() -> [UInt8] { [ping, 0] }

    /// The last frame.
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
