/// The secret of an endpoint at Stripe, as its dashboard shows it. The whole text is the key, with `whsec_`.
public struct StripeSecret: Sendable, Hashable {
    let key: MessageKey

    /// Creates a secret. Returns `nil` unless the text begins with `whsec_` and has 8 to 256 visible ASCII characters.
    public init?(_ text: String) {
        guard text.hasPrefix("whsec_"), (8...256).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        key = MessageKey(bytes: Array(text.utf8))
    }
}

extension StripeSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A placeholder, for logs.
    public var description: String { "[secret]" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Without children, so that `dump` does not show the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The verifier of Stripe's webhooks: `Stripe-Signature: t=TIME,v1=HEX`, an HMAC-SHA256 over `TIME.BODY`.
///
/// The header has one `v1` for each secret while a secret is rotated. Other schemes are ignored, so `v0` proves nothing.
/// Unlike Stripe's own libraries, this verifier also refuses a time that is too far in the future.
public struct StripeSignature: SignatureVerifier {
    /// The header field.
    public static let field = "stripe-signature"

    private let keys: [MessageKey]
    private let tolerance: Int64

    /// Creates the verifier of one endpoint. There is one secret, or two while one replaces the other. `tolerance` is in
    /// seconds.
    public init(secrets: [StripeSecret], tolerance: Int64 = 300) {
        precondition((1...2).contains(secrets.count), "an endpoint has one secret, or two during a rotation")
        keys = secrets.map(\.key)
        self.tolerance = tolerance
    }

    public func verify(
        fields: (String) -> [String], body: [UInt8], now: Int64
    ) throws(SignatureError) -> SignedMessage {
        let header = try StripeHeader(SignatureText.only(fields(Self.field)))
        let message = Array("\(header.time).".utf8) + body
        guard MessageKey.verifies(header.signatures, of: message, with: keys),
            SignatureText.isCurrent(header.time, now: now, tolerance: tolerance)
        else { throw SignatureError() }
        return SignedMessage(time: header.time)
    }
}

/// The value of `Stripe-Signature`.
struct StripeHeader: Sendable, Hashable {
    /// The time of the signature, in seconds since 1970.
    let time: Int64
    /// The signatures of the scheme `v1`.
    let signatures: [[UInt8]]

    /// Parses a value. Unknown schemes are ignored. Throws unless there are exactly one time and at least one signature,
    /// or if a part is malformed.
    init(_ text: String) throws(SignatureError) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard text.utf8.count <= SignatureText.lengthLimitBytes, parts.count <= SignatureText.signatureLimit * 2 else {
            throw SignatureError()
        }
        var time: Int64?
        var signatures: [[UInt8]] = []
        for part in parts {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty else { throw SignatureError() }
            switch sides[0] {
            case "t":
                guard time == nil, let number = SignatureText.number(sides[1]) else { throw SignatureError() }
                time = number
            case "v1":
                guard let signature = SignatureText.hexadecimal(sides[1]) else { throw SignatureError() }
                signatures.append(signature)
            default: continue
            }
        }
        guard let time, (1...SignatureText.signatureLimit).contains(signatures.count) else { throw SignatureError() }
        self.time = time
        self.signatures = signatures
    }

    /// The value without the ignored schemes.
    var text: String {
        (["t=\(time)"] + signatures.map { "v1=\(SignatureText.hexadecimal($0))" }).joined(separator: ",")
    }
}
