/// The last bytes of a stream, for messages about how something ended.
public struct Tail: Sendable {
    private let limitBytes: Int
    private var bytes: [UInt8] = []

    public init(limitBytes: Int = 8 << 10) {
        self.limitBytes = limitBytes
    }

    public mutating func append(_ more: some Collection<UInt8>) {
        bytes.append(contentsOf: more.suffix(limitBytes))
        if bytes.count > limitBytes { bytes.removeFirst(bytes.count - limitBytes) }
    }

    /// What is kept; what is no UTF-8 shows as replacement characters.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The last lines that hold something, joined by "; ".
    public func lastLines(_ count: Int = 3) -> String {
        text.split(whereSeparator: \.isNewline).filter { line in line.contains { !$0.isWhitespace } }
            .suffix(count).joined(separator: "; ")
    }
}
