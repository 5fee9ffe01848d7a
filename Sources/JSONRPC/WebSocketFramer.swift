/// Cuts what a WebSocket's client sends into messages (RFC 6455 §5).
///
/// Fragments are put together, up to the limit; pongs are read over. What breaks the protocol, and a message over the limit, ends the
/// stream with the code that says so.
struct WebSocketFramer: Sendable {
    /// What stands before a frame's data.
    private struct Header {
        var opcode: UInt8
        var isLast: Bool
        /// Four bytes as they lie in memory.
        var mask: UInt32
        /// Where the data lies, there or still to come.
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

    /// The most data that a ping, a pong or a close may have.
    static let controlLimit = 125

    private let limit: Int
    private var buffer: [UInt8] = []
    /// Where the first frame that was not handed out begins.
    private var start = 0
    /// The data of that frame where it is a whole text, unmasked by now.
    private var text: Range<Int>?
    /// True if that frame is a binary one.
    private var isTextBinary = false
    /// True if the message that was handed out last came in a binary frame.
    private(set) var isBinary = false
    private var areFragmentsBinary = false
    /// What has come of a message in several frames.
    private var fragments: [UInt8]?
    /// A message that was put together, while it is shown.
    private var assembled: [UInt8]?
    /// How the stream is to end, once what was said before has been handed out.
    private var end: WebSocketCloseCode?
    private var isOver = false
    private var hasEnded = false
    /// Whether nothing is whole of what has come and was not handed out.
    private var isExhausted = true

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether the stream has ended and everything that was whole was handed out.
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
            if let end { return hangUp(end) }
            if let text = text ?? wholeText() {
                isBinary = isTextBinary
                return message(text)
            }
            switch readHeader() {
            case .incomplete: return exhausted()
            case .invalid: return hangUp(.protocolError)
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

    /// Hands out messages of one frame for as long as `body` takes them; what it does not take comes by ``next()``.
    mutating func take(while body: (UnsafeRawBufferPointer) -> Bool) {
        // The message that was shown last: what follows lies in the buffer.
        assembled = nil
        while let text = text ?? wholeText() {
            // The other kind of frame wants another kind of reply.
            guard isTextBinary == isBinary else { return }
            guard isUTF8(text), withBytes(of: text, body) else { return }
            start = text.upperBound
            self.text = nil
        }
    }

    /// Shows the bytes of a message, or of a ping.
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
    /// The data of the next frame, unmasked, where that is a whole message.
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
            // No extension was agreed upon that would use the reserved bits, and a client has to mask.
            guard first & 0x70 == 0, second & 0x80 != 0 else { return .invalid }
            var length = UInt64(second & 0x7F)
            var place = start + 2
            if length >= 126 {
                let size = length == 126 ? 2 : 8
                guard there >= 2 + size else { return .incomplete }
                length = bytes[place..<place + size].reduce(0) { $0 << 8 | UInt64($1) }
                place += size
                // The shortest way to write a length is the only one.
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

    /// What ends the stream before a frame's data is there.
    private mutating func refuse(_ header: Header) -> Frame? {
        switch header.opcode {
        case Opcode.text, Opcode.binary, Opcode.continuation:
            guard (header.opcode == Opcode.continuation) == (fragments != nil) else { return hangUp(.protocolError) }
            let length = header.data.count + (fragments?.count ?? 0)
            guard length > limit else { return nil }
            end = .messageTooLarge
            return .tooLong(length)
        case Opcode.close, Opcode.ping, Opcode.pong:
            guard header.isLast, header.data.count <= Self.controlLimit else { return hangUp(.protocolError) }
            return nil
        default: return hangUp(.protocolError)
        }
    }

    /// Takes a frame that is there; nothing comes of fragments before the last, and of a pong.
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
        case Opcode.close: return hangUp(closeCode(header.data))
        default: return nil
        }
    }

    /// A whole message; one that is no text ends the stream (RFC 6455 §8.1).
    private mutating func message(_ range: Range<Int>) -> Frame {
        if assembled == nil {
            start = range.upperBound
            text = nil
        }
        return isUTF8(range) ? .message(range) : hangUp(isBinary ? .unacceptableData : .invalidText)
    }

    private mutating func hangUp(_ code: WebSocketCloseCode) -> Frame {
        isOver = true
        isExhausted = true
        buffer = []
        start = 0
        text = nil
        fragments = nil
        return .hangUp(code)
    }

    /// What a client's close is answered with: its own code, where it may send that (RFC 6455 §7.4).
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
