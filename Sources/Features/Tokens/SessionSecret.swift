import Crypto
import Encoding

/// The secret of a browser's session: 32 random bytes. The cookie has them in base64url, the database their SHA-256.
public struct SessionSecret: Sendable {
    /// The number of bytes.
    public static let byteCount = 32

    private let bytes: [UInt8]

    /// Creates a secret of random bytes.
    public init() {
        var generator = SystemRandomNumberGenerator()
        bytes = (0..<Self.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// Reads the value of a cookie. Returns `nil` unless it is the only form of 32 bytes.
    public init?(_ text: String) {
        guard let bytes = Base64.decodeURL(text), bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The value of the cookie.
    public var text: String { Base64.encodeURL(bytes) }

    /// The form that the database has.
    public var digest: [UInt8] { Array(SHA256.hash(data: bytes)) }
}
