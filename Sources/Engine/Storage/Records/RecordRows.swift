public import AuraModel
import JSON

/// The rows that a transaction on records reads and writes. Each database implements this protocol. Its extension makes
/// the decisions about the rows, once for all databases.
///
/// All calls on one value belong to one transaction. `record(_:)` throws `corrupt` if the row cannot be read.
public protocol RecordRows {
    /// Keeps other transactions from changing the records of the collection until the end of this one.
    mutating func lock(_ collection: RecordCollection) throws
    /// Returns the record, or `nil` if there is none.
    mutating func record(_ id: RecordID) throws -> Record?
    /// Inserts a record. There is none with its id.
    mutating func insert(_ record: Record) throws
    /// Replaces the record with the same id.
    mutating func update(_ record: Record) throws
    /// Deletes a record.
    mutating func delete(_ id: RecordID) throws
    /// Returns the number of records of a tenant in a collection.
    mutating func count(_ collection: RecordCollection, of tenant: TenantID) throws -> Int
}

extension RecordRows {
    /// Makes all changes of a write. Returns false, and changes nothing, if its ``RecordWrite/once`` exists. Throws
    /// `StorageError`, after which the transaction must be rolled back.
    public mutating func write(_ write: RecordWrite) throws -> Bool {
        let changes = (write.once.map { [.insert($0)] } ?? []) + write.changes
        for collection in write.collections { try lock(collection) }
        if let once = write.once, try record(once.id) != nil { return false }
        try make(changes, in: write.scope, at: write.now)
        for limit in write.limits where try count(limit.collection, of: limit.tenant) > limit.atMost {
            throw StorageError(
                .quotaExceeded,
                "the tenant \(limit.tenant) has the \(limit.atMost) entries of \(limit.collection.text) that it may have: "
                    + "delete one, or have the quota raised", limit: limit.atMost)
        }
        return true
    }

    /// Makes changes that belong to another transaction, such as that of an operation. Throws `StorageError`, after
    /// which the transaction must be rolled back.
    public mutating func apply(_ changes: [RecordChange], in scope: TenantScope, at now: Timestamp) throws {
        for collection in changes.collections { try lock(collection) }
        try make(changes, in: scope, at: now)
    }

    private mutating func make(_ changes: [RecordChange], in scope: TenantScope, at now: Timestamp) throws {
        for change in changes {
            switch change {
            case .insert(let contents): try insert(contents, in: scope, at: now)
            case .replace(let contents, let version):
                try update(contents, of: present(contents.id, version, in: scope), at: now)
            case .delete(let id, let version):
                _ = try present(id, version, in: scope)
                try delete(id)
            case .touch(let contents):
                guard let known = try record(contents.id) else {
                    try insert(contents, in: scope, at: now)
                    continue
                }
                guard scope.contains(known.contents.tenant) else { throw StorageError.changed(contents.id) }
                var touched = known.contents
                touched.due = [known.contents.due, contents.due].compactMap(\.self).min()
                try update(touched, of: known, at: now)
            }
        }
    }

    private mutating func insert(_ contents: RecordContents, in scope: TenantScope, at now: Timestamp) throws {
        try contents.check()
        guard scope.contains(contents.tenant) else { throw StorageError.changed(contents.id) }
        guard try record(contents.id) == nil else {
            throw StorageError(.conflict, "the record \(contents.id) exists: read it, and decide again")
        }
        try insert(Record(contents, version: 1, createdAt: now, updatedAt: now))
    }

    private mutating func update(_ contents: RecordContents, of known: Record, at now: Timestamp) throws {
        try contents.check()
        guard contents.tenant == known.contents.tenant else { throw StorageError.changed(contents.id) }
        try update(
            Record(contents, version: known.version + 1, createdAt: known.createdAt, updatedAt: now))
    }

    /// Returns the record if it has this version and is in the scope. A record outside the scope is like a missing one.
    private mutating func present(_ id: RecordID, _ version: Int, in scope: TenantScope) throws -> Record {
        guard let known = try record(id), known.version == version, scope.contains(known.contents.tenant) else {
            throw StorageError.changed(id)
        }
        return known
    }
}

extension RecordContents {
    fileprivate func check() throws {
        let bytes = id.key.utf8.count
        guard (1...Self.keyBytesAtMost).contains(bytes) else {
            throw StorageError(
                .quotaExceeded,
                "the key of a record of \(id.collection.text) has \(bytes) bytes: it may have 1 to "
                    + "\(Self.keyBytesAtMost)", limit: Self.keyBytesAtMost)
        }
        guard !id.key.utf8.contains(0), parent?.utf8.contains(0) != true, !value.holdsNUL else {
            throw StorageError(
                .corrupt,
                "cannot store the record \(id): it holds the character U+0000, which no text of a database can have")
        }
        let length = value.serializedString().utf8.count
        guard length <= Self.valueBytesAtMost else {
            throw StorageError(
                .quotaExceeded, "the record \(id) has \(length) bytes: it may have \(Self.valueBytesAtMost)",
                limit: Self.valueBytesAtMost)
        }
    }
}

extension JSONValue {
    /// True if a text or a name of the value holds U+0000.
    fileprivate var holdsNUL: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let values): values.contains(where: \.holdsNUL)
        case .object(let members): members.contains { $0.key.utf8.contains(0) || $0.value.holdsNUL }
        default: false
        }
    }
}

extension TenantScope {
    /// Returns true if the scope has the owner of a record; `nil` is the installation, which only ``all`` has.
    public func contains(_ owner: TenantID?) -> Bool { owner.map { contains($0) } ?? (self == .all) }
}

extension StorageError {
    fileprivate static func changed(_ id: RecordID) -> StorageError {
        StorageError(.conflict, "the record \(id) has changed since it was read: read it again, and decide again")
    }
}
