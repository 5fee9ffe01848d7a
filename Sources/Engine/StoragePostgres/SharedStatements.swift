import Storage

/// A connection for the statements that both databases share.
struct SharedStatements: SQLConnection {
    private let connection: PostgresConnection
    private let locks: AdvisoryLocks

    /// `locks` are those of the write; a read needs none.
    init(_ connection: PostgresConnection, _ locks: AdvisoryLocks = AdvisoryLocks()) {
        self.connection = connection
        self.locks = locks
    }

    func rows(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow] { try result(sql, values).sqlRows }

    func run(_ sql: String, _ values: [SQLValue]) throws -> Int { try result(sql, values).changed }

    func lock(_ name: String) throws { try locks.require(name) }

    private func result(_ sql: String, _ values: [SQLValue]) throws -> PostgresRows {
        let numbered = sql.split(separator: "?", omittingEmptySubsequences: false).enumerated()
            .reduce(into: "") { text, part in
                text += part.offset == 0 ? "\(part.element)" : "$\(part.offset)\(part.element)"
            }
        return try connection.run(numbered, values.map(Self.value))
    }

    private static func value(_ value: SQLValue) -> PostgresValue {
        switch value {
        case .null: nil
        case .text(let text): PostgresValue(text)
        case .number(let number): PostgresValue(number)
        case .flag(let flag): PostgresValue(flag)
        case .bytes(let bytes): PostgresValue(bytes: bytes)
        }
    }
}
