public import AuraModel
import Crypto

/// The chain of hashes over the entries of the audit:
///
///     hash(0) = SHA-256("aura/audit/1" ‖ installation)
///     hash(n) = SHA-256(0x01 ‖ hash(n−1) ‖ n as 8 bytes ‖ SHA-256(salt ‖ body))
///
/// A stored hash proves any later change, removal, insertion or exchange of the entries up to it.
public enum AuditChain {
    /// The number of bytes of a hash.
    public static let hashBytes = 32
    /// The number of random bytes before a body.
    public static let saltBytes = AuditDraft.saltBytes

    /// Returns the hash before the first entry.
    public static func start(installation: String) -> [UInt8] {
        Array(SHA256.hash(data: Array("aura/audit/1\(installation)".utf8)))
    }

    /// Returns the hash of an entry's content. It stays with the entry when the content is erased.
    public static func digest(salt: [UInt8], body: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        salt.withUnsafeBytes { hash.update(bufferPointer: $0) }
        body.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().withUnsafeBytes { Array($0) }
    }

    /// Returns the hash of an entry. `digest` is that of its content.
    public static func next(_ previous: [UInt8], seq: Int64, digest: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        withUnsafeBytes(of: UInt8(0x01)) { hash.update(bufferPointer: $0) }
        previous.withUnsafeBytes { hash.update(bufferPointer: $0) }
        withUnsafeBytes(of: seq.bigEndian) { hash.update(bufferPointer: $0) }
        digest.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().withUnsafeBytes { Array($0) }
    }
}

/// An entry of the audit, as its row has it.
public struct AuditEntry: Sendable, Hashable {
    /// The text of an entry: canonical JSON, hashed as it is stored and never encoded again.
    public struct Content: Sendable, Hashable {
        /// Random bytes, ``AuditChain/saltBytes`` of them.
        public var salt: [UInt8]
        /// The JSON.
        public var body: [UInt8]

        /// Creates a content.
        public init(salt: [UInt8], body: [UInt8]) {
            self.salt = salt
            self.body = body
        }

        /// Creates the content of a completed draft.
        public init(_ draft: AuditDraft) {
            self.init(salt: draft.salt, body: draft.body)
        }
    }

    /// The position, from 1, without gaps.
    public var seq: Int64
    /// The content; `nil` if it was erased.
    public var content: Content?
    /// The hash of the content.
    public var digest: [UInt8]
    /// The hash of the chain up to this entry.
    public var hash: [UInt8]

    /// Creates an entry from the columns of a row.
    public init(seq: Int64, content: Content?, digest: [UInt8], hash: [UInt8]) {
        self.seq = seq
        self.content = content
        self.digest = digest
        self.hash = hash
    }
}

/// The end of a chain: the newest entry and its hash.
public struct AuditHead: Sendable, Hashable {
    /// The position of the newest entry; 0 if there is none.
    public var seq: Int64
    /// The hash of the chain up to it.
    public var hash: [UInt8]

    /// Creates a head.
    public init(seq: Int64, hash: [UInt8]) {
        self.seq = seq
        self.hash = hash
    }

    /// The head of an audit without entries.
    public static func start(installation: String) -> AuditHead {
        AuditHead(seq: 0, hash: AuditChain.start(installation: installation))
    }

    /// Appends an entry, and returns it with its hash. Traps if the salt does not have ``AuditChain/saltBytes``.
    public mutating func append(_ content: AuditEntry.Content) -> AuditEntry {
        precondition(content.salt.count == AuditChain.saltBytes, "a salt has \(AuditChain.saltBytes) bytes")
        let digest = AuditChain.digest(salt: content.salt, body: content.body)
        seq += 1
        hash = AuditChain.next(hash, seq: seq, digest: digest)
        return AuditEntry(seq: seq, content: content, digest: digest, hash: hash)
    }
}

/// The range of entries that an audit has: after `floor`, up to `head`.
public struct AuditBounds: Sendable, Hashable {
    /// The newest entry that was pruned, with its hash; the start of the chain if none was.
    public var floor: AuditHead
    /// The newest entry, with its hash.
    public var head: AuditHead

    /// Creates bounds.
    public init(floor: AuditHead, head: AuditHead) {
        self.floor = floor
        self.head = head
    }
}
