public import AuraModel
import JSON
import Locking

/// Decodes the documents of instances, and caches the decoded instances by id.
///
/// Every read of a row gets the document's text from the database. If the text equals that of the cached entry, the
/// cached instance is returned. The comparison makes a stale result impossible.
///
/// The cache has two generations of at most `limit` entries, about 2 KiB each. When the newer generation is full, it
/// replaces the older one. An entry that is used moves to the newer generation.
public final class DecodedInstances: Sendable {
    fileprivate struct Entry {
        let document: String
        let instance: Instance
    }

    fileprivate struct State {
        var newer: [String: Entry] = [:]
        var older: [String: Entry] = [:]
    }

    /// The maximum number of entries in one generation.
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

    /// Returns the cached instance, or decodes the row and caches the result. Throws `corrupt` if this version cannot
    /// read the document.
    public func instance(
        stored document: String, id: String, desired: DesiredState
    ) throws(StorageError) -> Instance {
        if let known = known(id, desired, where: { $0.hasSameBytes(as: document) }) { return known }
        let instance = try decode(document, id: id, desired: desired)
        state.withLock { $0.keep(Entry(document: document, instance: instance), id) }
        return instance
    }

    /// Returns the cached instance if its document has these bytes, otherwise `nil`. A caller with a hit needs no
    /// `String` of the document.
    public func known(_ document: UnsafeRawBufferPointer, id: String, desired: DesiredState) -> Instance? {
        known(id, desired) { $0.hasSameBytes(as: document) }
    }

    private func known(_ id: String, _ desired: DesiredState, where isSame: (String) -> Bool) -> Instance? {
        let found: Instance? = state.withLock { state in
            if let entry = state.newer[id] { return isSame(entry.document) ? entry.instance : nil }
            guard let entry = state.older.removeValue(forKey: id), isSame(entry.document) else { return nil }
            state.keep(entry, id)
            return entry.instance
        }
        guard var found else { return nil }
        found.desired = desired
        return found
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
