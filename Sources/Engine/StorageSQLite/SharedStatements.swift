import Storage

/// A connection for the statements that both databases share.
struct SharedStatements: SQLConnection {
    private let source: any StatementSource

    init(_ source: any StatementSource) {
        self.source = source
    }

    func rows(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow] {
        var names: [String] = []
        return try statement(sql, values).rows { row in
            if names.isEmpty { names = (0..<row.columnCount).map(row.name) }
            return SQLRow(names: names, values: (0..<row.columnCount).map(row.value))
        }
    }

    func run(_ sql: String, _ values: [SQLValue]) throws -> Int { try statement(sql, values).run() }

    /// The database has one writer.
    func lock(_ name: String) {}

    private func statement(_ sql: String, _ values: [SQLValue]) throws -> HotStatement {
        var statement = try HotStatement(source, sql)
        for value in values {
            switch value {
            case .null: statement.bind(nil as String?)
            case .text(let text): statement.bind(text)
            case .number(let number): statement.bind(number)
            case .flag(let flag): statement.bind(flag)
            case .bytes(let bytes): statement.bind(bytes)
            }
        }
        return statement
    }
}
