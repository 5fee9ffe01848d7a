/// The last bytes of a stream, for error messages.
public struct Tail: Sendable {
    private let limitBytes: Int
    private var bytes: [UInt8] = []

    /// Creates an empty tail that keeps at most `limitBytes` bytes.
    public init(limitBytes: Int = 8 << 10) {
        self.limitBytes = limitBytes
    }

    /// Adds bytes and drops the oldest bytes over the limit.
    public mutating func append(_ more: some Collection<UInt8>) {
        bytes.append(contentsOf: more.suffix(limitBytes))
        if bytes.count > limitBytes { bytes.removeFirst(bytes.count - limitBytes) }
    }

    /// The kept bytes as text. Bytes that are not UTF-8 become replacement characters.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Returns the last lines that are not blank, joined by "; ".
    public func lastLines(_ count: Int = 3) -> String {
        text.split(whereSeparator: \.isNewline).filter { line in line.contains { !$0.isWhitespace } }
            .suffix(count).joined(separator: "; ")
    }
}
