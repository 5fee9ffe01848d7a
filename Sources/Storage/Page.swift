public import AuraModel

/// A row that this version of the daemon cannot read: a newer one wrote it, or it was damaged. It is left as it is.
public struct UnreadableRow: Error, Sendable, Hashable {
    public enum Table: String, Sendable, Hashable {
        case instance
        case job
        case sighting
    }

    public var table: Table
    /// The row's id: the text of an instance's or a job's; of a sighting its kind and id, with a space between them.
    public var id: String
    /// The instance that it belongs to; none for a sighting.
    public var instance: InstanceID?
    /// What is wrong with it, for people: `job 0199… has the state "paused", which this version does not know`.
    public var reason: String

    public init(_ table: Table, id: String, instance: InstanceID? = nil, reason: String) {
        self.table = table
        self.id = id
        self.instance = instance
        self.reason = reason
    }

    /// Reads one row; a row that cannot be read becomes an `UnreadableRow`. Other errors than those of its content are thrown.
    public static func catching<Row>(
        _ table: Table, id: String, instance: InstanceID? = nil, _ read: () throws -> Row
    ) -> Result<Row, UnreadableRow> {
        do {
            return .success(try read())
        } catch let error as StorageError {
            return .failure(UnreadableRow(table, id: id, instance: instance, reason: error.message))
        } catch {
            return .failure(
                UnreadableRow(table, id: id, instance: instance, reason: "\(table.rawValue) \(id) is damaged: \(error)")
            )
        }
    }
}

/// Some rows of a table, in their order. A row that cannot be read keeps its place, so that paging goes past it.
public struct Page<Row: Sendable>: Sendable {
    public var entries: [Result<Row, UnreadableRow>]

    public init(_ entries: [Result<Row, UnreadableRow>] = []) {
        self.entries = entries
    }

    public init(rows: some Sequence<Row>) {
        entries = rows.map { .success($0) }
    }

    /// The rows that could be read.
    public var rows: [Row] { entries.compactMap { try? $0.get() } }

    /// The others.
    public var unreadable: [UnreadableRow] {
        entries.compactMap { entry in
            if case .failure(let row) = entry { row } else { nil }
        }
    }

    /// How many rows there were, readable or not.
    public var count: Int { entries.count }

    public var isEmpty: Bool { entries.isEmpty }

    /// At most so many rows of its beginning.
    public func prefix(_ length: Int) -> Page { Page(Array(entries.prefix(length))) }
}

extension Page where Row == Instance {
    /// The id of the last row, after which the next page begins.
    public var last: InstanceID? { entries.last?.identity(\.id.text).map { InstanceID($0) } }
}

extension Page where Row == Job {
    /// The id of the last row, after which the next page begins.
    public var last: JobID? { entries.last?.identity(\.id.text).map { JobID($0) } }
}

extension Result where Failure == UnreadableRow {
    /// The row. Throws `corrupt` if it cannot be read.
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
