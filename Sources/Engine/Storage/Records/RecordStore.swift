public import AuraModel
public import JSON

/// Small facts that features keep, one JSON value each, in collections (`docs/decisions/0055-records-of-features.md`).
///
/// A record belongs to a collection and has a key that is unique in it. Each change raises its version. A change names
/// the version that it replaces, so that a caller never overwrites a change that it has not seen.
public protocol RecordStore: Sendable {
    /// Returns a record, or `nil` if the scope has none. Throws `corrupt` if the row cannot be read.
    func record(_ id: RecordID, in scope: TenantScope) async throws(StorageError) -> Record?
    /// Returns a page of records of one collection, ordered by key. A row that cannot be read keeps its position.
    func records(_ query: RecordQuery) async throws(StorageError) -> Page<Record>
    /// Returns the records of a collection that are due at `now`, ordered by due time, at most `limit`. A row that cannot
    /// be read keeps its position.
    func dueRecords(
        of collection: RecordCollection, at now: Timestamp, limit: Int
    ) async throws(StorageError) -> Page<Record>
    /// Returns the earliest due time in a collection, or `nil` if no record of it is due at any time.
    func nextDue(of collection: RecordCollection) async throws(StorageError) -> Timestamp?
    /// Makes all changes of a write, or none. Returns false, and changes nothing, if ``RecordWrite/once`` exists.
    ///
    /// Throws `conflict` if a record to insert exists, or if a record to replace or to delete does not have the given
    /// version or is not in the scope; `quotaExceeded` if a limit of the write would be exceeded or a value is too long;
    /// `corrupt` if a text holds U+0000.
    @discardableResult
    func write(_ write: RecordWrite) async throws(StorageError) -> Bool
}

/// The name of a collection, such as `billing.subscription`. A feature's collections begin with its name.
public struct RecordCollection: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name.
    public let text: String

    /// Creates a name.
    public init(_ text: String) { self.text = text }

    /// Creates a name from a literal.
    public init(stringLiteral text: String) { self.init(text) }
}

/// The collection and the key of a record.
public struct RecordID: Sendable, Hashable, CustomStringConvertible {
    /// The collection.
    public var collection: RecordCollection
    /// The key, 1 to 255 bytes.
    public var key: String

    /// Creates an id.
    public init(_ collection: RecordCollection, _ key: String) {
        self.collection = collection
        self.key = key
    }

    /// The collection and the key, separated by a space.
    public var description: String { "\(collection.text) \(key)" }
}

/// A record as it is stored.
public struct Record: Sendable, Hashable {
    /// The contents that a caller chooses.
    public var contents: RecordContents
    /// The number of the last change, from 1.
    public var version: Int
    /// The time of the first change.
    public var createdAt: Timestamp
    /// The time of the last change.
    public var updatedAt: Timestamp

    /// Creates a record.
    public init(_ contents: RecordContents, version: Int, createdAt: Timestamp, updatedAt: Timestamp) {
        self.contents = contents
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// The collection and the key.
    public var id: RecordID { contents.id }
    /// The value.
    public var value: JSONValue { contents.value }
}

/// The contents of a record that a caller chooses.
public struct RecordContents: Sendable, Hashable {
    /// The maximum length of a value as JSON text, in bytes.
    public static let valueBytesAtMost = 262_144
    /// The maximum length of a key, in bytes.
    public static let keyBytesAtMost = 255

    /// The collection and the key.
    public var id: RecordID
    /// The owner, which never changes; `nil` for a record of the installation, which only the scope of all tenants has.
    public var tenant: TenantID?
    /// The key of a group of records, for ``RecordQuery/parent``; `nil` for none.
    public var parent: String?
    /// The value. Its encoding is the feature's. It must contain no secret.
    public var value: JSONValue
    /// The time from which ``RecordStore/dueRecords(of:at:limit:)`` returns the record; `nil` for never.
    public var due: Timestamp?

    /// Creates contents.
    public init(
        _ id: RecordID, tenant: TenantID? = nil, parent: String? = nil, value: JSONValue, due: Timestamp? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.parent = parent
        self.value = value
        self.due = due
    }
}

/// A query for records of one collection.
public struct RecordQuery: Sendable {
    /// The collection.
    public var collection: RecordCollection
    /// The tenants whose records are returned. Only the scope of all tenants has the records of the installation.
    public var scope: TenantScope
    /// Only records with this parent; `nil` for all.
    public var parent: String?
    /// Only records after this key, in the order of the query.
    public var after: String?
    /// True for falling keys.
    public var isDescending: Bool
    /// The maximum number of rows.
    public var limit: Int

    /// Creates a query.
    public init(
        _ collection: RecordCollection, scope: TenantScope, parent: String? = nil, after: String? = nil,
        isDescending: Bool = false, limit: Int = 100
    ) {
        self.collection = collection
        self.scope = scope
        self.parent = parent
        self.after = after
        self.isDescending = isDescending
        self.limit = limit
    }
}

/// A change of one record.
public enum RecordChange: Sendable, Hashable {
    /// Inserts a record with version 1. There must be none.
    case insert(RecordContents)
    /// Replaces the record that has this version, and raises the version.
    case replace(RecordContents, version: Int)
    /// Deletes the record that has this version.
    case delete(RecordID, version: Int)
    /// Makes the record due at the due time of the contents unless it is due earlier, and raises its version; the rest of
    /// the record stays as it is. Inserts the contents if there is no record.
    case touch(RecordContents)

    /// The record that changes.
    public var id: RecordID {
        switch self {
        case .insert(let contents), .replace(let contents, _), .touch(let contents): contents.id
        case .delete(let id, _): id
        }
    }
}

/// The maximum number of records of a tenant in a collection.
public struct RecordLimit: Sendable, Hashable {
    /// The collection.
    public var collection: RecordCollection
    /// The tenant.
    public var tenant: TenantID
    /// The maximum number of its records after the write.
    public var atMost: Int

    /// Creates a limit.
    public init(_ collection: RecordCollection, of tenant: TenantID, atMost: Int) {
        self.collection = collection
        self.tenant = tenant
        self.atMost = atMost
    }
}

/// Changes that are made together or not at all.
public struct RecordWrite: Sendable {
    /// The record that marks the write as made, for example by the id of a delivery. If it exists, nothing is changed.
    /// Otherwise it is inserted.
    public var once: RecordContents?
    /// The changes, in this order.
    public var changes: [RecordChange]
    /// The limits that must hold after the changes.
    public var limits: [RecordLimit]
    /// The tenants whose records the caller may change.
    public var scope: TenantScope
    /// The events to append to the ledger.
    public var events: [EventDraft]
    /// The entries of the audit to append.
    public var audit: [AuditDraft]
    /// The present time.
    public var now: Timestamp

    /// Creates a write.
    public init(
        _ changes: [RecordChange], in scope: TenantScope, once: RecordContents? = nil, limits: [RecordLimit] = [],
        events: [EventDraft] = [], audit: [AuditDraft] = [], now: Timestamp
    ) {
        self.once = once
        self.changes = changes
        self.limits = limits
        self.scope = scope
        self.events = events
        self.audit = audit
        self.now = now
    }
}

extension RecordWrite {
    /// The collections whose records the write reads or changes, in the order in which they are locked: by name.
    package var collections: [RecordCollection] {
        let named = (once.map { [$0.id.collection] } ?? []) + changes.collections + limits.map(\.collection)
        return Set(named).sorted { $0.text < $1.text }
    }
}

extension [RecordChange] {
    /// The collections of the records that change, by name.
    package var collections: [RecordCollection] {
        Set(map(\.id.collection)).sorted { $0.text < $1.text }
    }
}

extension Page where Row == Record {
    /// The key of the last record, readable or not; the next page begins after it.
    public var lastKey: String? {
        switch entries.last {
        case .success(let record): record.id.key
        case .failure(let row): row.id.firstIndex(of: " ").map { String(row.id[$0...].dropFirst()) }
        case nil: nil
        }
    }
}
