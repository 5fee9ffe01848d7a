import Locking
public import Logging

/// The rows that this daemon could not read since it started. Each row is logged once.
///
/// All components that read rows share one instance. It stores at most 1,000 rows; further rows are neither stored nor
/// logged.
public final class RowFaults: Sendable {
    private static let limit = 1000

    private struct Key: Hashable {
        var table: UnreadableRow.Table
        var id: String
    }

    private let found = Locked<[Key: UnreadableRow]>([:])
    private let logger: Logger

    /// Creates an empty list that logs to `logger`.
    public init(logger: Logger) {
        self.logger = logger
    }

    /// Stores the rows that are not stored yet, up to the limit, and logs each of them.
    public func note(_ rows: [UnreadableRow]) {
        for row in rows where isNew(row) {
            logger.error("left out a row that cannot be read, its table is \(row.table.rawValue): \(row.reason)")
        }
    }

    private func isNew(_ row: UnreadableRow) -> Bool {
        found.withLock { found in
            let key = Key(table: row.table, id: row.id)
            guard found[key] == nil else { return false }
            guard found.count < Self.limit else { return false }
            found[key] = row
            if found.count == Self.limit { logger.error("further rows that cannot be read are not logged") }
            return true
        }
    }

    /// The stored rows, ordered by table and id.
    public var rows: [UnreadableRow] {
        found.withLock { Array($0.values) }.sorted { ($0.table.rawValue, $0.id) < ($1.table.rawValue, $1.id) }
    }
}
