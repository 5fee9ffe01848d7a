/// Verifies the signature of a request over its raw body.
///
/// Implementations compare in constant time, and do not look into the body before the signature is verified.
public protocol SignatureVerifier: Sendable {
    /// Verifies a request. `fields` returns all values of a header field, `body` is as received, and `now` is in seconds
    /// since 1970.
    ///
    /// Throws ``SignatureError``, which is the same for every cause.
    func verify(
        fields: (_ name: String) -> [String], body: [UInt8], now: Int64
    ) throws(SignatureError) -> SignedMessage
}

/// A request whose signature was verified.
public struct SignedMessage: Sendable, Hashable {
    /// The sender's id of the message, equal for each attempt to deliver it; `nil` if the signature does not cover one.
    public var id: String?
    /// The time of the signature, in seconds since 1970.
    public var time: Int64

    /// Creates the description of a verified request.
    public init(id: String? = nil, time: Int64) {
        self.id = id
        self.time = time
    }
}

/// The error of a request with a missing, malformed, wrong or outdated signature. It does not tell which, so that it
/// does not help to forge one.
public struct SignatureError: Error, Hashable, CustomStringConvertible {
    /// Creates the error.
    public init() {}

    /// The same text for every cause.
    public var description: String {
        "cannot verify the request: it has no signature that is valid now; check the secret and the clock of the sender"
    }
}

/// The parts of header values that the formats share.
enum SignatureText {
    /// The longest header value, in bytes.
    static let lengthLimitBytes = 4096
    /// The maximum number of signatures in a header.
    static let signatureLimit = 16
    /// The number of bytes of an HMAC-SHA256.
    static let signatureBytes = 32
    /// The time in seconds, before and after now, in which a signature is valid.
    static let tolerance: Int64 = 300

    /// Returns the only value of a field. Throws if there is none, if there are several, or if it is empty, too long or
    /// not visible ASCII and spaces.
    static func only(_ values: [String]) throws(SignatureError) -> String {
        guard values.count == 1, (1...lengthLimitBytes).contains(values[0].utf8.count),
            values[0].utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { throw SignatureError() }
        return values[0]
    }

    /// Parses a number of at most 18 digits without a sign and leading zeros. Returns `nil` for other texts.
    static func number(_ text: some StringProtocol) -> Int64? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text == "0" || text.first != "0"
        else { return nil }
        return Int64(text)
    }

    /// Returns true if the time is at most the tolerance before or after now.
    static func isCurrent(_ time: Int64, now: Int64, tolerance: Int64) -> Bool {
        let (difference, overflows) = now.subtractingReportingOverflow(time)
        return !overflows && (-tolerance...tolerance).contains(difference)
    }

    /// Parses 32 bytes as 64 lower-case hexadecimal digits. Returns `nil` for other texts.
    static func hexadecimal(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count == signatureBytes * 2 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            let digit: UInt8
            switch character {
            case 0x30...0x39: digit = character - 0x30
            case 0x61...0x66: digit = character - 0x61 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    /// Returns bytes as lower-case hexadecimal digits.
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
