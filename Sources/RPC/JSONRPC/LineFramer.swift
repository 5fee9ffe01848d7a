/// Splits a stream of bytes into messages of one line each.
///
/// ``append(_:)`` receives bytes in pieces of any size, and ``next()`` returns frames. A line ends with LF. A CR before
/// it is dropped, and so are blank lines. A line over the limit is reported once, as soon as that is certain, with the
/// bytes that have arrived so far. The rest of it is skipped up to the next LF without being kept.
public struct LineFramer: Sendable {
    private let limit: Int
    private var buffer: [UInt8] = []
    /// The start of the first line that was not returned.
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
    /// The number of bytes of such a line that are searched for an id.
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

    /// Passes complete lines to `body` until it returns false. ``next()`` returns the refused line and those behind it.
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
        buffer.withUnsafeBytes { scan.goOn(UnsafeRawBufferPointer(rebasing: $0[from...])) }
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
