public import AuraModel
import Crypto
import Encoding
public import Storage

/// A head of the audit, signed, in the form of C2SP's signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint):
///
///     aura/INSTALLATION
///     SEQ
///     BASE64 OF THE HASH
///     floor SEQ BASE64 OF THE HASH
///     events SEQ
///     time MILLISECONDS
///
///     — aura/INSTALLATION BASE64 OF (KEY HASH ‖ SIGNATURE)
///
/// The lines `floor`, `events` and `time` are optional. Other lines in their place are ignored, so that a later version can add
/// some. A stored checkpoint proves later that no entry up to it was changed.
public struct SignedCheckpoint: Sendable, Hashable {
    /// The head that is signed.
    public let head: AuditHead
    /// The last entry that may be pruned, with its hash; `nil` if none may.
    public let floor: AuditHead?
    /// The last event of the ledger whose hash is in the audit; 0 if there is none.
    public let events: Int64
    /// The time by which entries are pruned, measured by running daemons; `nil` if it was not measured.
    public let time: Timestamp?
    /// The id of the installation.
    public let installation: String
    /// The text of the note, with its signature.
    public let text: String
    /// The part of the text that is signed.
    private let body: String
    /// The signatures under the name of the installation, without the name.
    private let signatures: [String]

    /// The longest text, in bytes.
    public static let lengthLimitBytes = 4096

    private static let origin = "aura/"
    private static let (floorName, eventsName, timeName) = ("floor", "events", "time")

    /// Signs a head. `floor` is the last entry that may be pruned, `events` the last event whose hash is in the audit,
    /// and `time` the time by which entries are pruned.
    public init(
        _ head: AuditHead, floor: AuditHead? = nil, events: Int64 = 0, time: Timestamp? = nil, installation: String,
        key: AuditSigningKey
    ) {
        let name = Self.origin + installation
        var lines = [name, "\(head.seq)", Base64.encode(head.hash)]
        if let floor { lines.append("\(Self.floorName) \(floor.seq) \(Base64.encode(floor.hash))") }
        if events > 0 { lines.append("\(Self.eventsName) \(events)") }
        if let time { lines.append("\(Self.timeName) \(time.milliseconds)") }
        let body = lines.map { $0 + "\n" }.joined()
        self.head = head
        self.floor = floor
        self.events = events
        self.time = time
        self.installation = installation
        self.body = body
        signatures = [key.signature(of: body, origin: name)]
        text = "\(body)\n\u{2014} \(name) \(signatures[0])\n"
    }

    /// Parses a note and checks its signature by `key`. Throws ``CheckpointError``.
    public init(_ text: String, key: AuditVerificationKey) throws(CheckpointError) {
        try self.init(unverified: text)
        guard isSigned(by: key) else { throw .signature }
    }

    /// Parses a note, whoever signed it. Throws ``CheckpointError/form``.
    init(unverified text: String) throws(CheckpointError) {
        guard text.utf8.count <= Self.lengthLimitBytes else { throw .form }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let end = lines.firstIndex(of: ""), end >= 3, lines.count >= end + 3, lines.last?.isEmpty == true,
            lines[0].hasPrefix(Self.origin), let head = AuditHead(lines[1], lines[2])
        else { throw .form }
        let (name, more) = (lines[0], lines[3..<end].map { $0.split(separator: " ", omittingEmptySubsequences: false) })
        self.head = head
        floor = try Self.floor(more.filter { $0[0] == Self.floorName }, before: head)
        events = try Self.number(more.filter { $0[0] == Self.eventsName }) ?? 0
        time = try Self.number(more.filter { $0[0] == Self.timeName }).map { Timestamp(milliseconds: $0) }
        installation = String(name.dropFirst(Self.origin.count))
        self.text = text
        body = lines[..<end].map { $0 + "\n" }.joined()
        // A note may have signatures of others as well.
        let signatures = lines[(end + 1)..<(lines.count - 1)]
        guard signatures.allSatisfy({ $0.hasPrefix("\u{2014} ") }) else { throw .form }
        self.signatures = signatures.filter { $0.dropFirst(2).hasPrefix("\(name) ") }
            .map { String($0.dropFirst(3 + name.count)) }
    }

    /// True if a signature of the note is by this key.
    func isSigned(by key: AuditVerificationKey) -> Bool {
        signatures.contains { key.accepts($0, of: body, origin: Self.origin + installation) }
    }

    /// True if a signature of the note names this key, right or wrong.
    func names(_ key: AuditVerificationKey) -> Bool {
        signatures.contains { key.isNamed(by: $0, origin: Self.origin + installation) }
    }

    private static func floor(_ lines: [[Substring]], before head: AuditHead) throws(CheckpointError) -> AuditHead? {
        guard let line = lines.first else { return nil }
        guard lines.count == 1, line.count == 3, let floor = AuditHead(line[1], line[2]), floor.seq <= head.seq else {
            throw .form
        }
        return floor
    }

    /// Returns the positive number of the only one of these lines; `nil` if there is none.
    private static func number(_ lines: [[Substring]]) throws(CheckpointError) -> Int64? {
        guard let line = lines.first else { return nil }
        guard lines.count == 1, line.count == 2, let number = Int64(line[1]), number > 0, String(number) == line[1]
        else { throw .form }
        return number
    }
}

extension AuditHead {
    /// Reads a head from a line of a note. Returns `nil` unless both texts have the one form in which they are written.
    fileprivate init?(_ seq: Substring, _ hash: Substring) {
        guard let number = Int64(seq), number >= 0, String(number) == seq, let bytes = Base64.decode(hash),
            bytes.count == AuditChain.hashBytes
        else { return nil }
        self.init(seq: number, hash: bytes)
    }
}

/// The reason why a text is no checkpoint of this installation.
public enum CheckpointError: Error, Hashable, CustomStringConvertible {
    /// The text is not a signed note with the three lines of a checkpoint.
    case form
    /// No signature of the text is by the key.
    case signature
    /// The stored checkpoint is signed by a key that the key file does not have.
    case unknownKey

    /// The cause and the remedy.
    public var description: String {
        switch self {
        case .form: "this is no checkpoint: it must be the whole text that `audit.checkpoint` gave, line ends included"
        case .signature: "the checkpoint is not signed by this installation's key: it is of another one, or was changed"
        case .unknownKey:
            "the stored checkpoint is signed by a key that is not in vault.keyFile: put the removed key there again, and "
                + "start aurad again"
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

    func signature(of body: String, origin: String) -> String {
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

    /// True if a signature in a note is to be checked by this key.
    fileprivate func isNamed(by text: String, origin: String) -> Bool {
        Base64.decode(text).map { Array($0.prefix(4)) == hash(origin: origin) } ?? false
    }

    fileprivate func accepts(_ text: String, of body: String, origin: String) -> Bool {
        guard isNamed(by: text, origin: origin), let bytes = Base64.decode(text) else { return false }
        return key.isValidSignature(Array(bytes.dropFirst(4)), for: Array(body.utf8))
    }
}
