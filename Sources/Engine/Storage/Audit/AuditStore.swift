public import AuraModel
import JSON

/// The audit: who called what, on which object, with which outcome.
///
/// Entries have consecutive numbers (`seq`) without gaps, in the order of their commits, and form a chain of hashes
/// (``AuditChain``) that all daemons of a database share. The entry of a change is written in the transaction of the
/// change, as the `audit` member of its request. Old entries are removed only from the beginning.
public protocol AuditStore: Sendable {
    /// Appends entries that belong to no change in the database, such as those of refusals, in one transaction.
    func appendAudit(_ drafts: [AuditDraft]) async throws(StorageError)
    /// Appends an entry unless one after `seq` satisfies `exists`, in one transaction. Returns false if one does.
    ///
    /// The calls of all daemons wait for each other. Those of one store must not overlap.
    func appendAudit(
        _ draft: AuditDraft, after seq: Int64, unless exists: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool
    /// Returns a page of entries in order. A row that cannot be read keeps its position in the page.
    func audit(_ query: AuditQuery) async throws(StorageError) -> AuditPage
    /// Returns the range of entries. Throws `corrupt` if it cannot be read.
    func auditBounds() async throws(StorageError) -> AuditBounds
    /// Erases the contents of these entries, and appends `audit` in the same transaction. The hashes stay, so the chain
    /// can still be verified. Returns the number of entries that had a content.
    func eraseAudit(_ entries: [Int64], audit: AuditDraft?) async throws(StorageError) -> Int
    /// Deletes entries from the oldest up to the first one that must be kept. The last deleted one and its hash become
    /// the floor. Returns the range of entries afterwards. Throws `corrupt` if the new floor cannot be read.
    func pruneAudit(_ request: AuditPruneRequest) async throws(StorageError) -> AuditBounds

    /// Stores a checkpoint, unless there is one of the same entry. Only the newest ``AuditCheckpoint/keptLimit`` are
    /// kept.
    func putAuditCheckpoint(_ checkpoint: AuditCheckpoint) async throws(StorageError)
    /// Returns all stored checkpoints, oldest first. A row that cannot be read keeps its position.
    func auditCheckpoints() async throws(StorageError) -> Page<AuditCheckpoint>
}

/// A query for entries of the audit, in order.
public struct AuditQuery: Sendable {
    /// Only entries of these tenants. Entries of no single tenant, and entries whose content was erased, are only in the
    /// scope of all tenants.
    public var scope: TenantScope
    /// Only entries of this caller; `nil` for all callers.
    public var principal: PrincipalID?
    /// Only entries of this method; `nil` for all methods.
    public var method: String?
    /// Only entries from this time on; `nil` for all. Times are those of the calling daemons, so their order can differ
    /// a little from that of the entries.
    public var from: Timestamp?
    /// Only entries before this time; `nil` for all.
    public var before: Timestamp?
    /// Only entries with a greater `seq`.
    public var after: Int64
    /// The maximum number of entries.
    public var limit: Int

    /// The maximum number of rows that one query examines, so that a query that few entries match ends soon.
    public static let examinedLimit = 2000

    /// Creates a query; with the scope of all tenants alone it matches every entry.
    public init(
        scope: TenantScope, principal: PrincipalID? = nil, method: String? = nil, from: Timestamp? = nil,
        before: Timestamp? = nil, after: Int64 = 0, limit: Int = 100
    ) {
        self.scope = scope
        self.principal = principal
        self.method = method
        self.from = from
        self.before = before
        self.after = after
        self.limit = limit
    }

    /// True if entries are compared with the query by their contents.
    package var readsContents: Bool { scope != .all || principal != nil || method != nil }

    /// The number of rows to read: one more than can be in the page, which shows whether there are more.
    package var rowLimit: Int { 1 + (readsContents ? max(limit, Self.examinedLimit) : limit) }

    /// Chooses the entries of a page from the rows after ``after``, at most ``rowLimit``, in order.
    package func page(of rows: [Result<AuditEntry, UnreadableRow>]) -> AuditPage {
        guard readsContents else {
            let entries = Array(rows.prefix(limit))
            let examined = entries.last { $0.auditSeq != nil }?.auditSeq
            return AuditPage(
                entries: Page(entries), examined: examined ?? after, hasMore: rows.count == rowLimit)
        }
        var page = AuditPage(entries: Page(), examined: after, hasMore: false)
        for row in rows.prefix(rowLimit - 1) {
            if page.entries.count == limit {
                page.hasMore = true
                return page
            }
            if matches(row) { page.entries.entries.append(row) }
            page.examined = row.auditSeq ?? page.examined
        }
        page.hasMore = rows.count == rowLimit
        return page
    }

    private func matches(_ row: Result<AuditEntry, UnreadableRow>) -> Bool {
        guard let body = try? row.get().content?.body, let members = try? JSONMembers(JSONValue(parsing: body)) else {
            return false
        }
        func text(_ name: String) -> String? { members.all[name]?.stringValue }
        if let principal, text("principal") != principal.text { return false }
        if let method, text("method") != method { return false }
        return scope == .all || text("tenant").map { scope.contains(TenantID($0)) } ?? false
    }
}

/// A page of entries of the audit.
public struct AuditPage: Sendable {
    /// The entries, in order.
    public var entries: Page<AuditEntry>
    /// The last `seq` that was examined. The next page begins after it, also if this page has few entries.
    public var examined: Int64
    /// True if there are more entries to examine.
    public var hasMore: Bool

    /// Creates a page.
    public init(entries: Page<AuditEntry>, examined: Int64, hasMore: Bool) {
        self.entries = entries
        self.examined = examined
        self.hasMore = hasMore
    }
}

/// A request to delete old entries of the audit.
public struct AuditPruneRequest: Sendable {
    /// The last entry that may be deleted, such as that of a signed checkpoint.
    public var through: Int64
    /// Entries from this time on are kept, and all later ones.
    public var before: Timestamp
    /// The maximum number of entries that one transaction deletes.
    public var limit: Int

    /// Creates a request.
    public init(through: Int64, before: Timestamp, limit: Int = 1000) {
        self.through = through
        self.before = before
        self.limit = limit
    }
}

/// A signed checkpoint of the audit, as it is stored.
public struct AuditCheckpoint: Sendable, Hashable {
    /// The entry that it covers, with all earlier ones.
    public var seq: Int64
    /// The time at which it was signed.
    public var at: Timestamp
    /// The signed note.
    public var text: String

    /// The maximum number of checkpoints that are stored.
    public static let keptLimit = 1000

    /// Creates a checkpoint.
    public init(seq: Int64, at: Timestamp, text: String) {
        self.seq = seq
        self.at = at
        self.text = text
    }
}

extension Result where Success == AuditEntry, Failure == UnreadableRow {
    /// The entry's `seq`, also of a row that cannot be read.
    package var auditSeq: Int64? {
        switch self {
        case .success(let entry): entry.seq
        case .failure(let row): Int64(row.id)
        }
    }
}
