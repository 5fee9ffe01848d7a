/// The id of a request exactly as its sender wrote it: a JSON number, string or null.
///
/// Kept as raw text, since an id is echoed byte for byte: `1.0`, `1e2` and integers beyond 64 bits would not survive
/// being read as numbers.
public struct RPCID: Sendable, Hashable, CustomStringConvertible {
    /// The JSON token.
    public let raw: String

    /// The most bytes of an id's JSON text. An id is kept until its call is answered, so it must be short.
    static let longestBytes = 256

    /// The id that answers a message whose own id cannot be told.
    public static let null = RPCID(raw: "null")

    /// Takes a token that is known to be a JSON number, string or null.
    init(raw: String) {
        self.raw = raw
    }

    init(raw bytes: UnsafeRawBufferPointer) {
        self.init(raw: String(decoding: bytes, as: UTF8.self))
    }

    /// The id for a number, as clients count them.
    public init(_ number: Int64) {
        self.init(raw: String(number))
    }

    /// The JSON token.
    public var description: String { raw }

    /// Compares byte for byte: `1` and `1.0` are different ids.
    public static func == (left: RPCID, right: RPCID) -> Bool {
        left.raw.utf8.elementsEqual(right.raw.utf8)
    }

    /// Feeds the bytes into `hasher`.
    public func hash(into hasher: inout Hasher) {
        for byte in raw.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0xFF))
    }
}
