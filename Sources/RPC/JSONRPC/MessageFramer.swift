/// One result of a framer: a message of the stream, or an event that concerns the stream.
public enum Frame: Sendable, Hashable {
    /// A message, as a range for `withBytes(of:_:)`. The range is valid until the framer's next mutating call.
    case message(Range<Int>)
    /// A message over the limit, with the part of its length in bytes that is known.
    case tooLong(Int)
    /// The end of the message cannot be found, for this reason. Later input cannot be read.
    case broken(String)
    /// A WebSocket ping, with the data that its pong must carry.
    case ping(Range<Int>)
    /// The end of a WebSocket, with the close code to send.
    case close(WebSocketCloseCode)
}

/// The framing of the bytes that a transport passes to a ``ConnectionReader``.
public enum Framing: Sendable, Hashable {
    /// A stream, in pieces of any size. Its first bytes show whether messages are lines or have `Content-Length`
    /// headers.
    case stream
    /// Like ``stream``, for a network that other protocols reach too. The connection is closed without a reply unless
    /// its first message is JSON. HTTP, TLS, SSH and SMTP clients, and therefore web pages, never get a reply.
    case strictStream
    /// One complete message per call of ``ConnectionReader/receive(_:)``, as with HTTP.
    case whole
    /// The bytes that a WebSocket client sends after the handshake.
    case webSocket
}

/// Splits input into messages.
///
/// A stream that begins with `Content-` has length headers, since JSON never begins with `C`. Every other stream
/// consists of lines.
struct MessageFramer: Sendable {
    private enum State: Sendable {
        /// The first bytes of a stream, while they do not show its framing.
        case undecided([UInt8])
        /// The first bytes of a strict stream belong to another protocol. No bytes are kept.
        case foreign
        case lines(LineFramer)
        case headers(HeaderFramer)
        case whole(WholeFramer)
        case webSocket(WebSocketFramer)
    }

    private static let sign = Array("content-".utf8)

    private var state: State
    /// The longest message in bytes. Messages that were not returned yet must satisfy a new limit.
    var limit: Int {
        didSet {
            let limit = limit
            change(
                lines: { $0.limit = limit }, headers: { $0.limit = limit }, whole: { $0.limit = limit },
                webSocket: { $0.limit = limit })
        }
    }
    private let isStrict: Bool

    init(limit: Int, framing: Framing = .stream) {
        self.limit = limit
        isStrict = framing == .strictStream
        switch framing {
        case .stream, .strictStream: state = .undecided([])
        case .whole: state = .whole(WholeFramer(limit: limit))
        case .webSocket: state = .webSocket(WebSocketFramer(limit: limit))
        }
    }

    /// True if a strict stream begins with neither an object, an array nor a `Content-` header.
    var isForeign: Bool {
        if case .foreign = state { true } else { false }
    }

    /// True if messages have a `Content-Length` header. Replies must then have one too.
    var saysLengths: Bool {
        if case .headers = state { true } else { false }
    }

    /// True if the stream has ended and ``next()`` has returned all frames.
    var hasFinished: Bool {
        switch state {
        case .undecided: false
        case .foreign: true
        case .lines(let lines): lines.hasFinished
        case .headers(let headers): headers.hasFinished
        case .whole(let whole): whole.hasFinished
        case .webSocket(let frames): frames.hasFinished
        }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if case .undecided(let seen) = state { return decide(seen + bytes) }
        change(
            lines: { $0.append(bytes) }, headers: { $0.append(bytes) }, whole: { $0.append(bytes) },
            webSocket: { $0.append(bytes) })
    }

    mutating func finish() {
        if case .undecided(let seen) = state { beginLines(seen) }
        change(
            lines: { $0.finish() }, headers: { $0.finish() }, whole: { $0.finish() }, webSocket: { $0.finish() })
    }

    mutating func next() -> Frame? {
        change(lines: { $0.next() }, headers: { $0.next() }, whole: { $0.next() }, webSocket: { $0.next() }) ?? nil
    }

    /// Passes messages to `body` until it returns false. ``next()`` returns the refused message and all later ones.
    mutating func take(while body: (UnsafeRawBufferPointer) -> Bool) {
        change(
            lines: { $0.take(while: body) }, headers: { _ in }, whole: { $0.take(while: body) },
            webSocket: { $0.take(while: body) })
    }

    /// Ends a line without line end after its JSON value, so that ``next()`` returns the value. Returns false if the
    /// value is not complete.
    mutating func endWholeValue() -> Bool {
        change(lines: { $0.endWholeValue() }, headers: { _ in false }, whole: { _ in false }, webSocket: { _ in false })
            ?? false
    }

    /// True if the last message came in a binary frame.
    var isBinary: Bool {
        if case .webSocket(let frames) = state { frames.isBinary } else { false }
    }

    /// Passes the unfinished line to `body`. Call it when ``next()`` has returned `nil`.
    func withUnfinished(_ body: (UnsafeRawBufferPointer) -> Void) {
        if case .lines(let lines) = state { lines.withUnfinished(body) }
    }

    /// Passes the beginning of the message that ``next()`` has just reported as too long. Returns `nil` if no bytes
    /// were kept.
    func withOverlong<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R? {
        switch state {
        case .lines(let lines): lines.withOverlong(body)
        case .headers(let headers): headers.withOverlong(body)
        case .undecided, .foreign, .whole, .webSocket: nil
        }
    }

    func withBytes<R>(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        switch state {
        case .foreign: try body(UnsafeRawBufferPointer(start: nil, count: 0))
        case .undecided(let seen): try seen.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        case .lines(let lines): try lines.withBytes(of: range, body)
        case .headers(let headers): try headers.withBytes(of: range, body)
        case .whole(let whole): try whole.withBytes(of: range, body)
        case .webSocket(let frames): try frames.withBytes(of: range, body)
        }
    }

    mutating func trim() {
        change(lines: { $0.trim() }, headers: { $0.trim() }, whole: { $0.trim() }, webSocket: { $0.trim() })
    }

    private mutating func decide(_ seen: [UInt8]) {
        let text = seen.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        // Converts letters to lower case. The hyphen does not change.
        let start = text.prefix(Self.sign.count).map { $0 | 0x20 }
        guard Self.sign.starts(with: start) else {
            guard !isStrict || text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[") else {
                state = .foreign
                return
            }
            return beginLines(Array(text))
        }
        guard start.count == Self.sign.count else {
            state = .undecided(Array(text))
            return
        }
        var framer = HeaderFramer(limit: limit)
        text.withUnsafeBytes { framer.append($0) }
        state = .headers(framer)
    }

    private mutating func beginLines(_ seen: [UInt8]) {
        var lines = LineFramer(limit: limit)
        seen.withUnsafeBytes { lines.append($0) }
        state = .lines(lines)
    }

    /// Changes the framer in place. The framer is moved out of `state` first, so that its buffer is not copied.
    @discardableResult
    private mutating func change<R>(
        lines: (inout LineFramer) -> R, headers: (inout HeaderFramer) -> R, whole: (inout WholeFramer) -> R,
        webSocket: (inout WebSocketFramer) -> R
    ) -> R? {
        switch state {
        case .undecided, .foreign: return nil
        case .lines(var framer):
            state = .undecided([])
            defer { state = .lines(framer) }
            return lines(&framer)
        case .headers(var framer):
            state = .undecided([])
            defer { state = .headers(framer) }
            return headers(&framer)
        case .whole(var framer):
            state = .undecided([])
            defer { state = .whole(framer) }
            return whole(&framer)
        case .webSocket(var framer):
            state = .undecided([])
            defer { state = .webSocket(framer) }
            return webSocket(&framer)
        }
    }
}

/// Splits a stream of bytes into messages of one line each.
///
/// ``append(_:)`` receives bytes in pieces of any size, and ``next()`` returns frames. A line ends with LF. A CR before
/// it is dropped, and so are blank lines. A line is reported once, as soon as it exceeds the limit, with the number of
/// bytes that have arrived so far. The rest of it is skipped up to the next LF without being kept.
public struct LineFramer: Sendable {
    var limit: Int
    private var buffer: [UInt8] = []
    /// The start of the first line that was not returned yet.
    private var start = 0
    /// The index up to which the buffer was searched for LF. The next search begins here, so that each byte is searched
    /// once even if a line arrives byte by byte.
    private var searched = 0
    /// The number of bytes dropped from the buffer since the beginning of the stream.
    private var droppedBytes = 0
    /// Finds the end of a message without a line end. The scan resumes at its last position, so each byte is read once.
    private var scan = WholeValueScan()
    /// The end of a message without a line end.
    private var forcedEnd: Int?
    private var isSkipping = false
    /// The beginning of the last line that was too long. It stays in the buffer until the next bytes arrive.
    private var overlong: Range<Int>?
    /// The number of bytes of a line over the limit that are searched for an id.
    private static let overlongBytes = 64 << 10
    private var hasEnded = false

    /// Creates a framer for lines of at most `limit` bytes, without the line end.
    public init(limit: Int) {
        self.limit = limit
    }

    /// True if all input was returned. An unfinished line counts as not returned.
    public var isEmpty: Bool { start == buffer.count }

    /// True if the stream has ended and all input was returned.
    public var hasFinished: Bool { hasEnded && isEmpty }

    /// Appends the next bytes of the stream.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        dropConsumed()
        var bytes = bytes[...]
        if isSkipping {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return }
            isSkipping = false
            bytes = bytes[(end + 1)...]
        }
        buffer.append(contentsOf: bytes)
    }

    /// Records the end of the stream. A last line without LF then counts as a message.
    public mutating func finish() {
        hasEnded = true
    }

    /// Returns the next frame, or `nil` until more bytes arrive.
    public mutating func next() -> Frame? {
        while start < buffer.count {
            guard let end = endOfLine() else { return isOverlong ? skip() : nil }
            let line = start..<withoutCarriageReturn(end)
            // A message that ``endWholeValue()`` ended has no line end behind it.
            start = forcedEnd == nil ? min(end + 1, buffer.count) : end
            searched = start
            forcedEnd = nil
            if line.count > limit {
                overlong = line.prefix(Self.overlongBytes)
                return .tooLong(line.count)
            }
            if !isBlank(line) { return .message(line) }
        }
        return nil
    }

    /// Passes complete lines to `body` until it returns false. ``next()`` returns the refused line and all later ones.
    mutating func take(while body: (UnsafeRawBufferPointer) -> Bool) {
        guard !isSkipping, forcedEnd == nil else { return }
        var (start, searched) = (start, searched)
        let limit = limit
        buffer.withUnsafeBytes { bytes in
            while let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: max(searched, start)) {
                let last = end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
                guard last - start <= limit, body(UnsafeRawBufferPointer(rebasing: bytes[start..<last])) else { return }
                start = end + 1
                searched = start
            }
        }
        (self.start, self.searched) = (start, searched)
    }

    /// Ends the line after its JSON value if that is a complete object or array. Only white space or a further object
    /// or array may follow it. Returns false if there is no such value.
    mutating func endWholeValue() -> Bool {
        guard !isSkipping, !isEmpty else { return false }
        let line = droppedBytes + start
        if scan.line != line { scan = WholeValueScan(line: line) }
        let from = start
        buffer.withUnsafeBytes { scan.scan(UnsafeRawBufferPointer(rebasing: $0[from...])) }
        forcedEnd = scan.end.map { start + $0 }
        return forcedEnd != nil
    }

    /// Passes the received part of the next line to `body`. Call it when ``next()`` has returned `nil`.
    func withUnfinished(_ body: (UnsafeRawBufferPointer) -> Void) {
        guard !isEmpty else { return }
        withBytes(of: start..<buffer.count, body)
    }

    /// Passes the beginning of the line that ``next()`` has just reported as too long.
    func withOverlong<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R? {
        overlong.map { withBytes(of: $0, body) }
    }

    /// Passes the bytes of a message to `body`.
    public func withBytes<R>(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private mutating func endOfLine() -> Int? {
        if let forcedEnd { return forcedEnd }
        let found = buffer.withUnsafeBytes { $0.firstIndex(of: UInt8(ascii: "\n"), from: max(searched, start)) }
        searched = buffer.count
        return found ?? (hasEnded ? buffer.count : nil)
    }

    /// One byte over the limit may be the CR of a line that just fits.
    private var isOverlong: Bool { buffer.count - start > limit + 1 }

    private mutating func skip() -> Frame {
        let seen = buffer.count - start
        isSkipping = true
        overlong = (start..<buffer.count).prefix(Self.overlongBytes)
        start = buffer.count
        searched = start
        return .tooLong(seen)
    }

    private func withoutCarriageReturn(_ end: Int) -> Int {
        end > start && buffer[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    }

    private func isBlank(_ line: Range<Int>) -> Bool {
        buffer[line].allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    /// Frees the bytes that were returned. An idle connection keeps no large buffer.
    private mutating func dropConsumed() {
        overlong = nil
        droppedBytes += start
        if let end = forcedEnd { forcedEnd = end - start }
        if start == buffer.count {
            if buffer.capacity > 1024 { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
        } else {
            buffer.removeSubrange(..<start)
        }
        searched -= start
        start = 0
    }

    /// Frees memory that an idle stream does not need.
    mutating func trim() {
        if start == buffer.count { dropConsumed() }
    }
}

/// Frames for messages that arrive complete, as with HTTP. The counterpart of ``LineFramer``.
struct WholeFramer: Sendable {
    var limit: Int
    private var buffer: [UInt8] = []
    /// The frames to return, in order.
    private var frames: [Frame] = []
    private var handedOut = 0
    private var hasEnded = false

    init(limit: Int) {
        self.limit = limit
    }

    var hasFinished: Bool { hasEnded && handedOut == frames.count }

    /// Appends one message. Only the length of a message over the limit is kept.
    mutating func append(_ message: UnsafeRawBufferPointer) {
        trim()
        guard message.count <= limit else { return frames.append(.tooLong(message.count)) }
        frames.append(.message(buffer.count..<(buffer.count + message.count)))
        buffer.append(contentsOf: message)
    }

    mutating func finish() {
        hasEnded = true
    }

    mutating func next() -> Frame? {
        guard handedOut < frames.count else { return nil }
        defer { handedOut += 1 }
        return frames[handedOut]
    }

    /// Passes messages to `body` until it returns false. ``next()`` returns the refused message and all later ones.
    mutating func take(while body: (UnsafeRawBufferPointer) -> Bool) {
        while handedOut < frames.count, case .message(let range) = frames[handedOut] {
            guard withBytes(of: range, body) else { return }
            handedOut += 1
        }
    }

    func withBytes<R>(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Frees memory that an idle connection does not need.
    mutating func trim() {
        guard handedOut == frames.count else { return }
        frames = []
        handedOut = 0
        if buffer.capacity > 1024 { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
    }
}

/// Finds the end of an object or array in text that arrives in pieces. It counts brackets and reads each byte once.
struct WholeValueScan: Sendable {
    /// The position of the text in its stream, which distinguishes one text from the next.
    let line: Int
    /// The index of the first byte that was not read.
    private var position = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var valueEnd: Int?
    /// The end of the value, after a check that only white space or a further object or array follows it.
    private(set) var end: Int?
    private var isOdd = false

    init(line: Int = -1) {
        self.line = line
    }

    /// Scans the bytes of `text` that were not scanned before. `text` must begin with the bytes of the previous call.
    mutating func scan(_ text: UnsafeRawBufferPointer) {
        end = nil
        while position < text.count, !isOdd, valueEnd == nil {
            look(at: text[position])
            position += 1
            if depth == 0, !isInString, position > 0, isBracket(text[position - 1]) { valueEnd = position }
        }
        guard !isOdd, let valueEnd else { return }
        let next = text[valueEnd...].first { ![0x20, 0x09, 0x0D].contains($0) }
        isOdd = next.map { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "[") } ?? false
        if !isOdd { end = valueEnd }
    }

    private mutating func look(at byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if isInString {
            isEscaped = byte == UInt8(ascii: "\\")
            isInString = byte != UInt8(ascii: "\"")
        } else if byte == UInt8(ascii: "\"") {
            isInString = true
            // A text that begins with a string is not a message.
            isOdd = depth == 0
        } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
            depth += 1
        } else if isBracket(byte) {
            depth -= 1
            isOdd = depth < 0
        } else if depth == 0 {
            isOdd = ![0x20, 0x09, 0x0D].contains(byte)
        }
    }

    private func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    }
}
