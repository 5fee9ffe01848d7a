public import Storage

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
        /// Entries are missing from the beginning, and no checkpoint says that they were to be pruned.
        case removed(through: Int64, allowed: Int64)
        /// The events of the ledger differ from their hash in an entry.
        case events(entry: Int64, from: Int64, through: Int64)

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
            case .removed(let last, let allowed):
                "the entries up to \(last) are missing, and the checkpoints allow to prune up to entry \(allowed): the "
                    + "beginning was removed"
            case .events(let entry, let first, let last):
                "the events \(first) to \(last) of the ledger differ from their hash in entry \(entry): an event was "
                    + "changed, removed or inserted"
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
