/// Cuts a stream into lines at LF; a line over the limit is given up whole, not cut.
public struct LineSplitter: Sendable {
    public enum Line: Sendable, Equatable {
        case line([UInt8])
        /// A line of this many bytes was too long and is gone.
        case tooLong(bytes: Int)
    }

    private let limitBytes: Int
    private var pending: [UInt8] = []
    /// Bytes of the present line that were dropped.
    private var dropped = 0

    public init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    /// Takes a piece of the stream and returns the lines that end in it.
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

    /// The stream is at its end: what came after the last LF is a line as well.
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
