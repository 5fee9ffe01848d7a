/// Splits a stream of bytes into messages with a `Content-Length` header, as editors' JSON-RPC libraries send them.
///
///     Content-Length: 39\r\n
///     \r\n
///     {"jsonrpc":"2.0","id":1,"method":"ping"}…
///
/// A message over the limit is reported once and then skipped without being kept. Headers other than `Content-Length`
/// are ignored
/// (https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol).
public struct HeaderFramer: Sendable {
    /// The maximum number of bytes in the headers of one message.
    public static let headerLimit = 4096

    /// The number of bytes of a message over the limit that are kept, so that its id can be read.
    private static let shownBytes = 4096

    var limit: Int
    private var buffer: [UInt8] = []
    /// The index of the first byte that was not returned.
    private var start = 0
    /// The length from the headers of the current message.
    private var length: Int?
    private var toSkip = 0
    /// The received part of the last message that was reported as too long. Valid until the next ``append(_:)``.
    private var overlong: Range<Int>?
    private var isBroken = false
    private var hasEnded = false
    /// True if the buffer holds no complete message that was not returned.
    private var isExhausted = true

    /// Creates a framer for messages of at most `limit` bytes.
    public init(limit: Int) {
        self.limit = limit
    }

    /// True if the stream has ended and all complete messages were returned. An incomplete message at the end is
    /// dropped.
    public var hasFinished: Bool { hasEnded && isExhausted }

    /// Appends the next bytes of the stream.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !isBroken else { return }
        dropConsumed()
        let skipped = min(toSkip, bytes.count)
        toSkip -= skipped
        buffer.append(contentsOf: bytes[skipped...])
        isExhausted = false
    }

    /// Records the end of the stream. A message that is incomplete then is never returned.
    public mutating func finish() {
        hasEnded = true
    }

    /// Returns the next frame, or `nil` until more bytes arrive.
    public mutating func next() -> Frame? {
        let frame = nextFrame()
        isExhausted = frame == nil
        return frame
    }

    private mutating func nextFrame() -> Frame? {
        guard !isBroken else { return nil }
        if length == nil, let problem = readHeaders() {
            isBroken = true
            buffer = []
            start = 0
            return .broken(problem)
        }
        guard let length else { return nil }
        guard length <= limit else {
            // Waits for the first bytes, which contain the id, unless the stream has ended.
            guard hasEnded || buffer.count - start >= min(length, Self.shownBytes) else { return nil }
            skip(length)
            return .tooLong(length)
        }
        guard buffer.count - start >= length else { return nil }
        defer {
            start += length
            self.length = nil
        }
        return .message(start..<start + length)
    }

    /// Passes the beginning of the message that ``next()`` has just reported as too long.
    func withOverlong<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R? {
        overlong.map { withBytes(of: $0, body) }
    }

    /// Passes the bytes of a message to `body`.
    public func withBytes<R>(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Reads the headers if the empty line after them has arrived. Returns the error in the headers, or `nil`.
    private mutating func readHeaders() -> String? {
        var line = start
        var found: Int?
        var hasHeader = false
        while let end = buffer[line...].firstIndex(of: UInt8(ascii: "\n")), end - start < Self.headerLimit {
            let text = buffer[line..<(end > line && buffer[end - 1] == UInt8(ascii: "\r") ? end - 1 : end)]
            line = end + 1
            if text.isEmpty {
                // Some clients also end the message with a line end.
                if !hasHeader {
                    start = line
                    continue
                }
                guard let found else { return "a message's headers have no Content-Length" }
                length = found
                start = line
                return nil
            }
            hasHeader = true
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return "a header has no colon" }
            guard text[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return "a header's name is not a token" }
            guard Self.isContentLength(text[..<colon]) else { continue }
            guard let number = Self.number(text[(colon + 1)...]), found == nil else {
                return "Content-Length is not one whole number"
            }
            found = number
        }
        return buffer.count - start < Self.headerLimit
            ? nil : "a message's headers are longer than \(Self.headerLimit) bytes"
    }

    private static func isContentLength(_ name: ArraySlice<UInt8>) -> Bool {
        name.elementsEqual("content-length".utf8) { byte, wanted in byte | 0x20 == wanted || byte == wanted }
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int? {
        // White space around a value is not part of it (RFC 9110 §5.5).
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var digits = text.drop(while: isSpace)
        while let last = digits.last, isSpace(last) { digits.removeLast() }
        guard !digits.isEmpty, digits.count <= 15, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private mutating func skip(_ length: Int) {
        let here = min(length, buffer.count - start)
        overlong = start..<start + min(here, Self.shownBytes)
        start += here
        toSkip = length - here
        self.length = nil
    }

    /// Frees the bytes that were returned. An idle connection keeps no large buffer.
    private mutating func dropConsumed() {
        overlong = nil
        if start == buffer.count {
            if buffer.capacity > 1024 { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
        } else {
            buffer.removeSubrange(..<start)
        }
        start = 0
    }

    /// Frees memory that an idle stream does not need.
    mutating func trim() {
        if start == buffer.count { dropConsumed() }
    }
}

/// Converts lines, one compact JSON message each, to messages with `Content-Length` headers.
enum LengthHeaders {
    static func applied(to lines: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.count + 32)
        for message in lines.split(separator: UInt8(ascii: "\n")) {
            bytes.append(contentsOf: "Content-Length: \(message.count)\r\n\r\n".utf8)
            bytes.append(contentsOf: message)
        }
        return bytes
    }
}
