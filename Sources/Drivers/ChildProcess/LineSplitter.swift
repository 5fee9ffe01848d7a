/// Splits a stream into lines at LF. A line over the limit is dropped completely.
public struct LineSplitter: Sendable {
    /// One line of the stream.
    public enum Line: Sendable, Equatable {
        /// The bytes of a line, without LF.
        case line([UInt8])
        /// A line of this many bytes was too long and was dropped.
        case tooLong(bytes: Int)
    }

    private let limitBytes: Int
    private var pending: [UInt8] = []
    /// The number of dropped bytes of the current line.
    private var dropped = 0

    /// Creates a splitter for lines of at most `limitBytes` bytes.
    public init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    /// Adds a piece of the stream and returns the lines that end in it.
    public mutating func feed(_ bytes: some Collection<UInt8>) -> [Line] {
        var lines: [Line] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            take(rest[..<end])
            lines.append(close())
            rest = rest[rest.index(after: end)...]
        }
        take(rest)
        return lines
    }

    /// Ends the stream. Returns the bytes after the last LF as a line, or `nil` if there are none.
    public mutating func finish() -> Line? {
        pending.isEmpty && dropped == 0 ? nil : close()
    }

    private mutating func take(_ bytes: some Collection<UInt8>) {
        if dropped > 0 || pending.count + bytes.count > limitBytes {
            dropped += pending.count + bytes.count
            pending.removeAll()
        } else {
            pending.append(contentsOf: bytes)
        }
    }

    private mutating func close() -> Line {
        let line = dropped > 0 ? Line.tooLong(bytes: dropped) : .line(pending)
        pending.removeAll(keepingCapacity: true)
        dropped = 0
        return line
    }
}
