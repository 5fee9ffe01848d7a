import Locking
public import Logging

/// The rows that this daemon could not read since it started, each reported once in its log.
///
/// Shared by all that read rows. Holds 1,000 at most; what comes after them is reported each time.
public final class RowFaults: Sendable {
    private static let limit = 1000

    private struct Key: Hashable {
        var table: UnreadableRow.Table
        var id: String
    }

    private let found = Locked<[Key: UnreadableRow]>([:])
    private let logger: Logger

    public init(logger: Logger) {
        self.logger = logger
    }

    /// Takes note of rows, and logs those that are new.
    public func note(_ rows: [UnreadableRow]) {
        for row in rows where isNew(row) {
            logger.error("left out a row that cannot be read, its table is \(row.table.rawValue): \(row.reason)")
        }
    }

    private func isNew(_ row: UnreadableRow) -> Bool {
        found.withLock { found in
            let key = Key(table: row.table, id: row.id)
            guard found[key] == nil else { return false }
            if found.count < Self.limit { found[key] = row }
            return true
        }
    }

    /// The rows, by table and id.
    public var rows: [UnreadableRow] {
        found.withLock { Array($0.values) }.sorted { ($0.table.rawValue, $0.id) < ($1.table.rawValue, $1.id) }
    }
}
