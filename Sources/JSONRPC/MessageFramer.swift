/// Cuts a stream of bytes into messages, in the way that its first bytes show: one message a line, or headers with a length.
///
/// JSON never begins with `C`, and the headers begin with `Content-`; everything else is lines.
struct MessageFramer: Sendable {
    private static let sign = Array("content-".utf8)

    /// What was seen while it shows neither way; none once the way is known.
    private var undecided: [UInt8]? = []
    private var lines: LineFramer
    private var headers: HeaderFramer?
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
        lines = LineFramer(limit: limit)
    }

    /// Whether messages say their length, so that replies have to as well.
    var saysLengths: Bool { headers != nil }

    /// Whether the stream has ended and everything was handed out.
    var hasFinished: Bool { headers?.hasFinished ?? lines.hasFinished }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if undecided != nil { return decide(bytes) }
        if headers != nil { headers?.append(bytes) } else { lines.append(bytes) }
    }

    mutating func finish() {
        if let seen = undecided { beginLines(seen) }
        if headers != nil { headers?.finish() } else { lines.finish() }
    }

    mutating func next() -> Frame? {
        headers != nil ? headers?.next() : lines.next()
    }

    func withBytes<R>(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        if let headers { return try headers.withBytes(of: range, body) }
        return try lines.withBytes(of: range, body)
    }

    mutating func trim() {
        if headers != nil { headers?.trim() } else { lines.trim() }
    }

    private mutating func decide(_ bytes: UnsafeRawBufferPointer) {
        let seen = (undecided ?? []) + bytes
        let text = seen.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        // In lower case; the hyphen stays what it is.
        let start = text.prefix(Self.sign.count).map { $0 | 0x20 }
        guard Self.sign.starts(with: start) else { return beginLines(seen) }
        guard start.count == Self.sign.count else {
            undecided = Array(text)
            return
        }
        undecided = nil
        var framer = HeaderFramer(limit: limit)
        text.withUnsafeBytes { framer.append($0) }
        headers = framer
    }

    private mutating func beginLines(_ seen: [UInt8]) {
        undecided = nil
        seen.withUnsafeBytes { lines.append($0) }
    }
}
