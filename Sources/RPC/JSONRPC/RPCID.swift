/// The id of a request, exactly as the client wrote it: a JSON number, string or null.
///
/// It is kept as raw text, since a reply repeats the id byte for byte. `1.0`, `1e2` and integers over 64 bits would
/// change if they were parsed as numbers.
public struct RPCID: Sendable, Hashable, CustomStringConvertible {
    /// The JSON token.
    public let raw: String

    /// The maximum number of bytes of an id's JSON text. An id is kept until its call has a reply, so it must be short.
    static let longestBytes = 256

    /// The id in the reply to a message with an unreadable id.
    public static let null = RPCID(raw: "null")

    /// Creates an id from a token that is a valid JSON number, string or null.
    init(raw: String) {
        self.raw = raw
    }

    init(raw bytes: UnsafeRawBufferPointer) {
        self.init(raw: String(decoding: bytes, as: UTF8.self))
    }

    /// Creates an id from a number.
    public init(_ number: Int64) {
        self.init(raw: String(number))
    }

    /// The JSON token.
    public var description: String { raw }

    /// Compares byte for byte: `1` and `1.0` are different ids.
    public static func == (left: RPCID, right: RPCID) -> Bool {
        left.raw.utf8.elementsEqual(right.raw.utf8)
    }

    /// Hashes the bytes of the token.
    public func hash(into hasher: inout Hasher) {
        for byte in raw.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0xFF))
    }
}
