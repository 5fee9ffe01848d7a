import Crypto
import Encoding

/// The secret of a receiver of webhooks, as Standard Webhooks writes it: `whsec_` and the base64 of 24 to 64 bytes.
public struct WebhookSecret: Sendable, Hashable {
    /// The start of every secret.
    public static let prefix = "whsec_"
    private static let byteCounts = 24...64

    private let bytes: [UInt8]
    let key: MessageKey

    /// Parses a secret. Returns `nil` for other texts, also for another spelling of the base64.
    public init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = Base64.decode(text.dropFirst(Self.prefix.count)),
            Self.byteCounts.contains(bytes.count)
        else { return nil }
        self.init(bytes: bytes)
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        key = MessageKey(bytes: bytes)
    }

    /// Returns a new secret of 32 random bytes.
    public static func random() -> WebhookSecret {
        WebhookSecret(bytes: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
    }

    /// The text, which is the secret.
    public var text: String { Self.prefix + Base64.encode(bytes) }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A placeholder, for logs.
    public var description: String { "[secret]" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Without children, so that `dump` does not show the bytes.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The signature of webhooks by the specification Standard Webhooks 1.0: HMAC-SHA256 over `ID.TIME.BODY`, as
/// `v1,BASE64`, with one signature for each secret.
public struct StandardWebhooks: SignatureVerifier {
    /// The header fields.
    public static let (idField, timeField, signatureField) = ("webhook-id", "webhook-timestamp", "webhook-signature")
    /// The longest id, in bytes.
    public static let idLimitBytes = 256

    private let keys: [MessageKey]
    private let tolerance: Int64

    /// Creates the signer and verifier for one receiver. There is one secret, or two while one replaces the other.
    /// `tolerance` is in seconds.
    public init(secrets: [WebhookSecret], tolerance: Int64 = 300) {
        precondition((1...2).contains(secrets.count), "a receiver has one secret, or two during a rotation")
        keys = secrets.map(\.key)
        self.tolerance = tolerance
    }

    /// Returns the header fields for a message. `time` is in seconds since 1970; each attempt needs the present time.
    ///
    /// Returns `nil` if the id is empty, longer than ``idLimitBytes``, or has a full stop or a character that is not
    /// visible ASCII.
    public func fields(id: String, time: Int64, body: [UInt8]) -> [(name: String, value: String)]? {
        guard Self.isID(id), time >= 0 else { return nil }
        let message = Self.message(id, time, body)
        let header = SignatureHeader(signatures: keys.map { $0.signature(message) })
        return [(Self.idField, id), (Self.timeField, String(time)), (Self.signatureField, header.text)]
    }

    public func verify(
        fields: (String) -> [String], body: [UInt8], now: Int64
    ) throws(SignatureError) -> SignedMessage {
        let id = try SignatureText.only(fields(Self.idField))
        let header = try SignatureHeader(SignatureText.only(fields(Self.signatureField)))
        guard Self.isID(id), let time = SignatureText.number(try SignatureText.only(fields(Self.timeField))) else {
            throw SignatureError()
        }
        guard MessageKey.verifies(header.signatures, of: Self.message(id, time, body), with: keys),
            SignatureText.isCurrent(time, now: now, tolerance: tolerance)
        else { throw SignatureError() }
        return SignedMessage(id: id, time: time)
    }

    private static func message(_ id: String, _ time: Int64, _ body: [UInt8]) -> [UInt8] {
        Array("\(id).\(time).".utf8) + body
    }

    /// A full stop separates the parts of the message. With one in the id, the signature of one message would also be
    /// that of another id, time and body.
    private static func isID(_ text: String) -> Bool {
        (1...idLimitBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ".") }
    }
}

/// The value of `webhook-signature`: `v1,BASE64` for each signature, with spaces between them.
struct SignatureHeader: Sendable, Hashable {
    /// The signatures of version 1.
    let signatures: [[UInt8]]

    init(signatures: [[UInt8]]) {
        self.signatures = signatures
    }

    /// Parses a value. Signatures of other versions are ignored. Throws if there is none of version 1, if there are too
    /// many, or if a part is malformed.
    init(_ text: String) throws(SignatureError) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard text.utf8.count <= SignatureText.lengthLimitBytes, parts.count <= SignatureText.signatureLimit else {
            throw SignatureError()
        }
        var signatures: [[UInt8]] = []
        for part in parts {
            let sides = part.split(separator: ",", omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else { throw SignatureError() }
            guard sides[0] == "v1" else { continue }
            guard let signature = Base64.decode(sides[1]), signature.count == SignatureText.signatureBytes else {
                throw SignatureError()
            }
            signatures.append(signature)
        }
        guard !signatures.isEmpty else { throw SignatureError() }
        self.signatures = signatures
    }

    var text: String { signatures.map { "v1,\(Base64.encode($0))" }.joined(separator: " ") }
}
