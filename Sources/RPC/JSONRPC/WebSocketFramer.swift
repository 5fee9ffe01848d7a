/// Splits the frames of a WebSocket client into messages (RFC 6455 §5).
///
/// Fragments are joined, up to the limit. Pongs are ignored. A protocol violation, or a message over the limit, ends
/// the stream with the matching close code.
struct WebSocketFramer: Sendable {
    /// The header of a frame.
    private struct Header {
        var opcode: UInt8
        var isLast: Bool
        /// The four bytes of the masking key in memory order.
        var mask: UInt32
        /// The range of the data in the buffer, received or not.
        var data: Range<Int>
    }

    private enum Opcode {
        static let continuation: UInt8 = 0
        static let text: UInt8 = 1
        static let binary: UInt8 = 2
        static let close: UInt8 = 8
        static let ping: UInt8 = 9
        static let pong: UInt8 = 10
    }

    private enum Reading {
        case header(Header)
        case incomplete
        case invalid
    }

    /// The maximum data length of a ping, a pong or a close, in bytes.
    static let controlLimit = 125

    var limit: Int
    private var buffer: [UInt8] = []
    /// The start of the first frame that was not returned.
    private var start = 0
    /// The unmasked data of the frame at `start`, if that frame is a complete message.
    private var text: Range<Int>?
    /// True if the frame at `start` is binary.
    private var isTextBinary = false
    /// True if the last returned message came in a binary frame.
    private(set) var isBinary = false
    private var areFragmentsBinary = false
    /// The received part of a fragmented message.
    private var fragments: [UInt8]?
    /// A message that was joined from fragments, until the next input or frame.
    private var assembled: [UInt8]?
    /// The close code with which the stream ends after the last frame was returned.
    private var end: WebSocketCloseCode?
    private var isOver = false
    private var hasEnded = false
    /// True if the buffer holds no complete frame that was not returned.
    private var isExhausted = true

    init(limit: Int) {
        self.limit = limit
    }

    /// True if the stream has ended and all complete frames were returned.
    var hasFinished: Bool { hasEnded && isExhausted }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !isOver else { return }
        dropConsumed()
        buffer.append(contentsOf: bytes)
        isExhausted = false
    }

    mutating func finish() {
        hasEnded = true
    }

    mutating func next() -> Frame? {
        assembled = nil
        while !isOver {
            if let end { return close(end) }
            if let text = text ?? wholeText() {
                isBinary = isTextBinary
                return message(text)
            }
            switch readHeader() {
            case .incomplete: return exhausted()
            case .invalid: return close(.protocolError)
            case .header(let header):
                if let refusal = refuse(header) { return refusal }
                guard header.data.upperBound <= buffer.count else { return exhausted() }
                unmask(header)
                start = header.data.upperBound
                if let frame = take(header) { return frame }
            }
        }
        return nil
    }

    private mutating func exhausted() -> Frame? {
        isExhausted = true
        return nil
    }

    /// Passes messages that are not fragmented to `body` until it returns false. ``next()`` returns the refused message
    /// and all later ones.
    mutating func take(while body: (UnsafeRawBufferPointer) -> Bool) {
        // Drops the last message that was joined from fragments, because the messages below are read from `buffer`.
        assembled = nil
        while let text = text ?? wholeText() {
            // `next()` returns the first message in the other kind of frame, because its reply needs that kind too.
            guard isTextBinary == isBinary else { return }
            guard isUTF8(text), withBytes(of: text, body) else { return }
            start = text.upperBound
            self.text = nil
        }
    }

    /// Passes the bytes of a message or of a ping to `body`.
    func withBytes<R>(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try (assembled ?? buffer).withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Frees memory that an idle connection does not need.
    mutating func trim() {
        if start == buffer.count { dropConsumed() }
    }

    private mutating func dropConsumed() {
        assembled = nil
        if start == buffer.count {
            if buffer.capacity > 1024 { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
        } else if start > 0 {
            buffer.removeSubrange(..<start)
            text = text.map { $0.lowerBound - start..<$0.upperBound - start }
        }
        start = 0
    }
}

// MARK: - Frames

extension WebSocketFramer {
    /// Returns the unmasked data of the next frame if it is a complete message.
    private mutating func wholeText() -> Range<Int>? {
        guard !isOver, end == nil, fragments == nil, case .header(let header) = readHeader(),
            header.opcode == Opcode.text || header.opcode == Opcode.binary, header.isLast, header.data.count <= limit,
            header.data.upperBound <= buffer.count
        else { return nil }
        unmask(header)
        text = header.data
        isTextBinary = header.opcode == Opcode.binary
        return header.data
    }

    private func readHeader() -> Reading {
        buffer.withUnsafeBytes { bytes in
            let there = bytes.count - start
            guard there >= 2 else { return .incomplete }
            let (first, second) = (bytes[start], bytes[start + 1])
            // No extension was negotiated that uses the reserved bits, and a client must mask its frames.
            guard first & 0x70 == 0, second & 0x80 != 0 else { return .invalid }
            var length = UInt64(second & 0x7F)
            var place = start + 2
            if length >= 126 {
                let size = length == 126 ? 2 : 8
                guard there >= 2 + size else { return .incomplete }
                length = bytes[place..<place + size].reduce(0) { $0 << 8 | UInt64($1) }
                place += size
                // Only the shortest encoding of a length is valid.
                guard length > (size == 2 ? 125 : 65_535) else { return .invalid }
            }
            guard length < 1 << 62 else { return .invalid }
            guard bytes.count >= place + 4 else { return .incomplete }
            let mask = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            place += 4
            return .header(
                Header(
                    opcode: first & 0x0F, isLast: first & 0x80 != 0, mask: mask, data: place..<place + Int(length)))
        }
    }

    /// Checks a header before its data has arrived. Returns `close` if it is invalid, and `tooLong`, before a later
    /// `close`, if it announces too much data.
    private mutating func refuse(_ header: Header) -> Frame? {
        switch header.opcode {
        case Opcode.text, Opcode.binary, Opcode.continuation:
            guard (header.opcode == Opcode.continuation) == (fragments != nil) else { return close(.protocolError) }
            let length = header.data.count + (fragments?.count ?? 0)
            guard length > limit else { return nil }
            end = .messageTooLarge
            return .tooLong(length)
        case Opcode.close, Opcode.ping, Opcode.pong:
            guard header.isLast, header.data.count <= Self.controlLimit else { return close(.protocolError) }
            return nil
        default: return close(.protocolError)
        }
    }

    /// Handles a complete frame. Returns `nil` for a pong and for every fragment but the last.
    private mutating func take(_ header: Header) -> Frame? {
        switch header.opcode {
        case Opcode.text, Opcode.binary:
            areFragmentsBinary = header.opcode == Opcode.binary
            fragments = Array(buffer[header.data])
            return nil
        case Opcode.continuation:
            fragments?.append(contentsOf: buffer[header.data])
            guard header.isLast, let whole = fragments else { return nil }
            fragments = nil
            assembled = whole
            isBinary = areFragmentsBinary
            return message(0..<whole.count)
        case Opcode.ping: return .ping(header.data)
        case Opcode.close: return close(closeCode(header.data))
        default: return nil
        }
    }

    /// Returns a complete message. A message that is not UTF-8 ends the stream (RFC 6455 §8.1).
    private mutating func message(_ range: Range<Int>) -> Frame {
        if assembled == nil {
            start = range.upperBound
            text = nil
        }
        return isUTF8(range) ? .message(range) : close(isBinary ? .unacceptableData : .invalidText)
    }

    private mutating func close(_ code: WebSocketCloseCode) -> Frame {
        isOver = true
        isExhausted = true
        buffer = []
        start = 0
        text = nil
        fragments = nil
        return .close(code)
    }

    /// Returns the code for the reply to a client's close: the client's own code if it is valid (RFC 6455 §7.4).
    private func closeCode(_ data: Range<Int>) -> WebSocketCloseCode {
        guard !data.isEmpty else { return .normal }
        guard data.count >= 2 else { return .protocolError }
        let code = UInt16(buffer[data.lowerBound]) << 8 | UInt16(buffer[data.lowerBound + 1])
        guard (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code) else {
            return .protocolError
        }
        return isUTF8(data.dropFirst(2)) ? WebSocketCloseCode(rawValue: code) : .invalidText
    }

    private func isUTF8(_ range: Range<Int>) -> Bool {
        withBytes(of: range) { bytes in
            var place = 0
            while place + 8 <= bytes.count {
                guard bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else {
                    return String(validating: bytes, as: UTF8.self) != nil
                }
                place += 8
            }
            return bytes[place...].allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
        }
    }

    private mutating func unmask(_ header: Header) {
        let (data, mask) = (header.data, header.mask)
        buffer.withUnsafeMutableBytes { bytes in
            let wide = UInt64(mask) | UInt64(mask) << 32
            var place = data.lowerBound
            while place + 8 <= data.upperBound {
                let masked = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                bytes.storeBytes(of: masked ^ wide, toByteOffset: place, as: UInt64.self)
                place += 8
            }
            withUnsafeBytes(of: mask) { mask in
                for rest in place..<data.upperBound { bytes[rest] ^= mask[(rest - place) & 3] }
            }
        }
    }
}

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
