public import AuraModel

/// A row that this version of the daemon cannot read, because a newer daemon wrote it or it is damaged. The row is not
/// changed.
public struct UnreadableRow: Error, Sendable, Hashable {
    /// The tables with rows that may be unreadable.
    public enum Table: String, Sendable, Hashable {
        case instance
        case job
        /// The observations of sweeps.
        case observation = "sighting"
        case tenant
        case principal
        case token
        case session
        case deniedKey = "denied_key"
        case secret
        case secretVersion = "secret_version"
        case audit
        case auditCheckpoint = "audit_checkpoint"
        case record
    }

    /// The table of the row.
    public var table: Table
    /// The row's id. For an observation: its kind and its id, separated by a space. For a secret: its tenant and its
    /// name, and for a version also its number, separated by spaces. For a record: its collection and its key. Of the audit: its `seq`. Bytes are hexadecimal digits.
    public var id: String
    /// The instance that the row belongs to; `nil` for a row of another table than `instance` and `job`.
    public var instance: InstanceID?
    /// The cause, for people, such as `job 0199… has the state "paused", which this version does not know`.
    public var reason: String
    /// The document of an instance as it is stored; `nil` for other tables. It is never logged.
    public var document: String?

    /// Creates the description of an unreadable row.
    public init(
        _ table: Table, id: String, instance: InstanceID? = nil, reason: String, document: String? = nil
    ) {
        self.table = table
        self.id = id
        self.instance = instance
        self.reason = reason
        self.document = document
    }

    /// Returns true if the row may contain `text`, such as the id of a resource. False only for an instance whose
    /// document does not contain it.
    public func mayMention(_ text: String) -> Bool { document?.contains(text) ?? true }

    /// Runs `read` for one row and converts every error that it throws to an `UnreadableRow`.
    ///
    /// `id` and `instance` are only evaluated for an unreadable row.
    /// `read` must only parse values that were already read. A database error must not be reported as an unreadable
    /// row.
    public static func catching<Row>(
        _ table: Table, id: @autoclosure () -> String, instance: @autoclosure () -> InstanceID? = nil,
        document: String? = nil, _ read: () throws -> Row
    ) -> Result<Row, UnreadableRow> {
        do {
            return .success(try read())
        } catch {
            let id = id()
            let reason =
                (error as? StorageError)?.message
                ?? "\(table.rawValue) \(id) is damaged: \(error); restore it from a backup"
            return .failure(UnreadableRow(table, id: id, instance: instance(), reason: reason, document: document))
        }
    }
}

/// Consecutive rows of a table. A row that cannot be read keeps its position, so that paging continues after it.
public struct Page<Row: Sendable>: Sendable {
    /// The rows, in their order.
    public var entries: [Result<Row, UnreadableRow>]

    /// Creates a page from readable and unreadable rows.
    public init(_ entries: [Result<Row, UnreadableRow>] = []) {
        self.entries = entries
    }

    /// Creates a page from readable rows.
    public init(rows: some Sequence<Row>) {
        entries = rows.map { .success($0) }
    }

    /// The rows that could be read.
    public var rows: [Row] { entries.compactMap { try? $0.get() } }

    /// The rows that could not be read.
    public var unreadable: [UnreadableRow] {
        entries.compactMap { entry in
            if case .failure(let row) = entry { row } else { nil }
        }
    }

    /// The number of rows, readable or not.
    public var count: Int { entries.count }

    /// True if the page has no row, readable or not.
    public var isEmpty: Bool { entries.isEmpty }

    /// Returns a page with at most the first `length` rows.
    public func prefix(_ length: Int) -> Page { Page(Array(entries.prefix(length))) }

    /// Converts the readable ones of the first `length` rows, and returns the others as they are. It copies no row.
    public func views<View>(ofFirst length: Int, _ convert: (Row) -> View) -> ([View], unreadable: [UnreadableRow]) {
        var views: [View] = []
        var unreadable: [UnreadableRow] = []
        views.reserveCapacity(min(length, count))
        for entry in entries.prefix(length) {
            switch entry {
            case .success(let row): views.append(convert(row))
            case .failure(let row): unreadable.append(row)
            }
        }
        return (views, unreadable)
    }
}

extension Page where Row == Instance {
    /// The id of the last row, readable or not; the next page begins after it.
    public var last: InstanceID? { last(ofFirst: count) }

    /// The id of the last of the first `length` rows.
    public func last(ofFirst length: Int) -> InstanceID? {
        entries.prefix(length).last?.identity(\.id.text).map { InstanceID($0) }
    }
}

extension Page where Row == Job {
    /// The id of the last row, readable or not; the next page begins after it.
    public var last: JobID? { last(ofFirst: count) }

    /// The id of the last of the first `length` rows.
    public func last(ofFirst length: Int) -> JobID? {
        entries.prefix(length).last?.identity(\.id.text).map { JobID($0) }
    }
}

extension Result where Failure == UnreadableRow {
    /// Returns the row. Throws `corrupt` if it cannot be read.
    public func row() throws(StorageError) -> Success {
        switch self {
        case .success(let row): return row
        case .failure(let row): throw StorageError(.corrupt, row.reason)
        }
    }

    fileprivate func identity(_ id: (Success) -> String) -> String? {
        switch self {
        case .success(let row): id(row)
        case .failure(let row): row.id
        }
    }
}
