/// The framing of the bytes that a transport passes to a ``ConnectionReader``.
public enum Framing: Sendable, Hashable {
    /// A stream, in pieces of any size. Its first bytes show whether messages are lines or have `Content-Length`
    /// headers.
    case stream
    /// Like ``stream``, for a network that other protocols reach too. The connection is closed without a reply unless
    /// its first message is JSON. HTTP, TLS, SSH and SMTP clients, and therefore web pages, never get a reply.
    case strictStream
    /// One complete message per call, as with HTTP.
    case whole
    /// The bytes that a WebSocket client sends after the handshake.
    case webSocket
}

/// Splits input into messages.
///
/// JSON never begins with `C`, and the headers begin with `Content-`. Every other stream consists of lines.
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
    private let limit: Int
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

    /// True if the stream begins with neither an object, an array nor a `Content-` header.
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

    /// Passes messages to `body` until it returns false. ``next()`` returns the refused message and those behind it.
    mutating func take(while body: (UnsafeRawBufferPointer) -> Bool) {
        change(
            lines: { $0.take(while: body) }, headers: { _ in }, whole: { $0.take(while: body) },
            webSocket: { $0.take(while: body) })
    }

    /// Ends a line without line end after its JSON value. ``next()`` then returns it.
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
