public import AuraModel
import JSON
import Locking

/// Decodes the documents of instances, and remembers the instances of documents that were read before.
///
/// Every read of a row gets its document from the database. If the text is that of an earlier read, the instance of
/// that time is returned, so that a document is decoded once and not at each call that shows it. An entry cannot be
/// out of date, since the text is compared.
///
/// At most twice ``limit`` entries are kept, about 2 KiB each. When the newer half is full, the older half is dropped.
public final class DecodedInstances: Sendable {
    fileprivate struct Entry {
        let document: String
        let instance: Instance
    }

    fileprivate struct State {
        var newer: [String: Entry] = [:]
        var older: [String: Entry] = [:]
    }

    /// The number of entries of one half.
    static let limit = 1024

    private let kinds: InstanceKinds
    private let state = Locked(State())

    /// The number of entries.
    var count: Int { state.withLock { $0.newer.count + $0.older.count } }

    /// Creates an empty cache for instances of these kinds.
    ///
    /// Traps if the facts of a kind have a member that every instance has.
    public init(_ kinds: InstanceKinds) {
        for facts in kinds.factsTypes {
            precondition(facts.memberNames.isDisjoint(with: Instance.commonMembers), "\(facts) has a common member")
        }
        self.kinds = kinds
    }

    /// Decodes a row without the cache, for documents that will soon change. Throws `corrupt` if this version cannot
    /// read the document.
    public func decode(_ document: String, id: String, desired: DesiredState) throws(StorageError) -> Instance {
        try Instance(stored: document, id: id, desired: desired, kinds: kinds)
    }

    /// Decodes a row, or returns the instance of an earlier read. Throws `corrupt` if this version cannot read the
    /// document.
    public func instance(
        stored document: String, id: String, desired: DesiredState
    ) throws(StorageError) -> Instance {
        if var known = known(id, document) {
            known.desired = desired
            return known
        }
        let instance = try decode(document, id: id, desired: desired)
        state.withLock { $0.keep(Entry(document: document, instance: instance), id) }
        return instance
    }

    private func known(_ id: String, _ document: String) -> Instance? {
        state.withLock { state in
            if let entry = state.newer[id] { return entry.document.hasSameBytes(as: document) ? entry.instance : nil }
            guard let entry = state.older.removeValue(forKey: id), entry.document.hasSameBytes(as: document) else {
                return nil
            }
            state.keep(entry, id)
            return entry.instance
        }
    }
}

extension DecodedInstances.State {
    fileprivate mutating func keep(_ entry: DecodedInstances.Entry, _ id: String) {
        if newer.count >= DecodedInstances.limit, newer[id] == nil {
            older = newer
            newer = [:]
        }
        newer[id] = entry
    }
}
