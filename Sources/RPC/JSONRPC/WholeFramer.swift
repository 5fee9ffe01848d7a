/// Frames for messages that arrive complete, as with HTTP. The counterpart of ``LineFramer``.
struct WholeFramer: Sendable {
    private let limit: Int
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

    /// Passes messages to `body` until it returns false. ``next()`` returns the refused message and those behind it.
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
