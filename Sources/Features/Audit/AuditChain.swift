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
    /// The number of random bytes before a body. Without them, an erased short body could be guessed from its hash.
    public static let saltBytes = 16

    /// Returns the hash before the first entry.
    public static func start(installation: String) -> [UInt8] {
        Array(SHA256.hash(data: Array("aura/audit/1\(installation)".utf8)))
    }

    /// Returns the hash of an entry's content. It stays with the entry when the content is erased.
    public static func digest(salt: [UInt8], body: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: salt)
        hash.update(data: body)
        return Array(hash.finalize())
    }

    /// Returns the hash of an entry. `digest` is that of its content.
    public static func next(_ previous: [UInt8], seq: Int64, digest: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: [0x01])
        hash.update(data: previous)
        withUnsafeBytes(of: seq.bigEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: digest)
        return Array(hash.finalize())
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

/// Checks entries against the chain, one after the other.
public struct AuditVerification: Sendable, Hashable {
    /// The first mismatch between the entries, the chain and the checkpoints.
    public enum Fault: Error, Hashable, CustomStringConvertible {
        /// An entry is missing, repeated or out of order.
        case gap(expected: Int64, found: Int64)
        /// The content of an entry is not the one that was hashed.
        case content(Int64)
        /// The hash of an entry does not follow from the one before.
        case hash(Int64)
        /// The hash of the entry differs from that of a checkpoint.
        case checkpoint(Int64)
        /// A checkpoint is later than the newest entry.
        case missing(after: Int64, checkpoint: Int64)
        /// A checkpoint is earlier than the first entry that is left, so nothing can be compared with it.
        case pruned(before: Int64, checkpoint: Int64)

        /// The mismatch and its position.
        public var description: String {
            switch self {
            case .gap(let expected, let found):
                "entry \(found) stands where entry \(expected) belongs: entries were removed, inserted or exchanged"
            case .content(let seq): "the content of entry \(seq) was changed"
            case .hash(let seq): "entry \(seq) does not follow from the entries before it"
            case .checkpoint(let seq): "entry \(seq) differs from the checkpoint of that entry"
            case .missing(let last, let checkpoint):
                "the audit ends at entry \(last), and a checkpoint knows entry \(checkpoint): the end was removed"
            case .pruned(let first, let checkpoint):
                "cannot compare the checkpoint of entry \(checkpoint): the entries before \(first) were pruned"
            }
        }
    }

    /// The last entry that was checked.
    public private(set) var head: AuditHead
    /// The number of entries whose content was erased. The audit alone no longer shows what these entries contained.
    public private(set) var erased = 0
    private var checkpoints: [Int64: [UInt8]]

    /// Begins after `head`: the start of the audit, or the checkpoint up to which it was pruned. `checkpoints` are
    /// heads that are known from elsewhere; the entries must agree with each of them. Throws `checkpoint` if these
    /// heads contradict each other.
    public init(after head: AuditHead, checkpoints: [AuditHead] = []) throws(Fault) {
        self.head = head
        self.checkpoints = [:]
        for checkpoint in checkpoints {
            guard checkpoint.seq >= head.seq else {
                throw .pruned(before: head.seq + 1, checkpoint: checkpoint.seq)
            }
            if let known = self.checkpoints.updateValue(checkpoint.hash, forKey: checkpoint.seq),
                known != checkpoint.hash
            {
                throw .checkpoint(checkpoint.seq)
            }
        }
        try compare()
    }

    /// Checks the next entry. Throws the first mismatch.
    public mutating func check(_ entry: AuditEntry) throws(Fault) {
        guard entry.seq == head.seq + 1 else { throw .gap(expected: head.seq + 1, found: entry.seq) }
        if let content = entry.content {
            // The digest does not have the lengths, so a salt of another length would move bytes of the body into it.
            guard content.salt.count == AuditChain.saltBytes,
                AuditChain.digest(salt: content.salt, body: content.body) == entry.digest
            else { throw .content(entry.seq) }
        } else {
            erased += 1
        }
        guard AuditChain.next(head.hash, seq: entry.seq, digest: entry.digest) == entry.hash else {
            throw .hash(entry.seq)
        }
        head = AuditHead(seq: entry.seq, hash: entry.hash)
        try compare()
    }

    /// Checks that no checkpoint is later than the last entry. Call it after the last entry.
    public func finish() throws(Fault) {
        guard let latest = checkpoints.keys.max(), latest > head.seq else { return }
        throw .missing(after: head.seq, checkpoint: latest)
    }

    private func compare() throws(Fault) {
        guard let known = checkpoints[head.seq], known != head.hash else { return }
        throw .checkpoint(head.seq)
    }
}
