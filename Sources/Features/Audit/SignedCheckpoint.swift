import Crypto
import Encoding
public import Storage

/// A head of the audit, signed, in the form of C2SP's signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint):
///
///     aura/INSTALLATION
///     SEQ
///     BASE64 OF THE HASH
///
///     — aura/INSTALLATION BASE64 OF (KEY HASH ‖ SIGNATURE)
///
/// A stored checkpoint proves later that no entry up to it was changed.
public struct SignedCheckpoint: Sendable, Hashable {
    /// The head that is signed.
    public let head: AuditHead
    /// The id of the installation.
    public let installation: String
    /// The text of the note, with its signature.
    public let text: String

    /// The longest text, in bytes.
    public static let lengthLimitBytes = 4096

    private static let origin = "aura/"

    /// Signs a head.
    public init(_ head: AuditHead, installation: String, key: AuditSigningKey) {
        let body = Self.body(head, installation)
        self.head = head
        self.installation = installation
        let name = Self.origin + installation
        text = "\(body)\n\u{2014} \(name) \(key.signature(of: body, origin: name))\n"
    }

    /// Parses a note and checks its signature by `key`. Throws ``CheckpointError``.
    public init(_ text: String, key: AuditVerificationKey) throws(CheckpointError) {
        guard text.utf8.count <= Self.lengthLimitBytes else { throw .form }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 6, lines[3].isEmpty, lines.last?.isEmpty == true, lines[0].hasPrefix(Self.origin),
            let seq = Int64(lines[1]), seq >= 0, String(seq) == lines[1],
            let hash = Base64.decode(lines[2]), hash.count == AuditChain.hashBytes
        else { throw .form }
        head = AuditHead(seq: seq, hash: hash)
        installation = String(lines[0].dropFirst(Self.origin.count))
        self.text = text
        let body = Self.body(head, installation)
        // A note may have signatures of others as well.
        let signatures = lines[4..<(lines.count - 1)]
        guard signatures.allSatisfy({ $0.hasPrefix("\u{2014} ") }) else { throw .form }
        let own = signatures.filter { $0.dropFirst(2).hasPrefix("\(lines[0]) ") }
        let isSigned = own.contains { line in
            key.accepts(String(line.dropFirst(3 + lines[0].count)), of: body, origin: String(lines[0]))
        }
        guard isSigned else { throw .signature }
    }

    private static func body(_ head: AuditHead, _ installation: String) -> String {
        "\(origin)\(installation)\n\(head.seq)\n\(Base64.encode(head.hash))\n"
    }
}

/// The reason why a text is no checkpoint of this installation.
public enum CheckpointError: Error, Hashable, CustomStringConvertible {
    /// The text is not a signed note with the three lines of a checkpoint.
    case form
    /// No signature of the text is by the key.
    case signature

    /// The cause and the remedy.
    public var description: String {
        switch self {
        case .form: "this is no checkpoint: it must be the whole text that `audit.checkpoint` gave, line ends included"
        case .signature: "the checkpoint is not signed by this installation's key: it is of another one, or was changed"
        }
    }
}

/// The Ed25519 key that signs checkpoints. Its seed is derived from a key of the vault.
public struct AuditSigningKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// Creates a key from a seed of 32 bytes. Traps for another number of bytes.
    public init(seed: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            preconditionFailure("the seed of a signing key has 32 bytes")
        }
        self.key = key
    }

    /// The key that checks the signatures.
    public var verificationKey: AuditVerificationKey {
        AuditVerificationKey(key.publicKey)
    }

    fileprivate func signature(of body: String, origin: String) -> String {
        // Signing fails only if the system has no random numbers.
        guard let signature = try? key.signature(for: Array(body.utf8)) else {
            preconditionFailure("an Ed25519 key signs")
        }
        return Base64.encode(verificationKey.hash(origin: origin) + signature)
    }
}

/// The public key that checks checkpoints.
public struct AuditVerificationKey: Sendable {
    private let key: Curve25519.Signing.PublicKey

    fileprivate init(_ key: Curve25519.Signing.PublicKey) {
        self.key = key
    }

    /// Creates a key from its 32 bytes. Returns `nil` for another number of bytes.
    public init?(_ bytes: [UInt8]) {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
        self.key = key
    }

    /// The 32 bytes of the key.
    public var bytes: [UInt8] { Array(key.rawRepresentation) }

    /// The algorithm of a key in a signed note: Ed25519.
    private static let algorithm: UInt8 = 0x01

    /// The first 4 bytes of `SHA-256(name ‖ "\n" ‖ 0x01 ‖ key)`, by which a signed note names the key.
    fileprivate func hash(origin: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(origin.utf8) + [0x0A, Self.algorithm] + bytes).prefix(4))
    }

    fileprivate func accepts(_ text: String, of body: String, origin: String) -> Bool {
        guard let bytes = Base64.decode(text), Array(bytes.prefix(4)) == hash(origin: origin) else { return false }
        return key.isValidSignature(Array(bytes.dropFirst(4)), for: Array(body.utf8))
    }
}
