// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A page of entries, oldest first. A page can have few entries and still have a next one, because a call examines a
/// limited number of entries.
public struct AuditListResult: Sendable, Hashable, Codable {
    /// The entries.
    public var entries: [AuditEntryView]
    /// The value of `after` for the next page; absent on the last page.
    public var next: Int64?
    /// The positions of damaged entries of this page. Absent if there are none.
    public var unreadable: [Int64]?

    public init(entries: [AuditEntryView], next: Int64? = nil, unreadable: [Int64]? = nil) {
        self.entries = entries
        self.next = next
        self.unreadable = unreadable
    }
}
