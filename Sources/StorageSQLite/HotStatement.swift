import AuraModel
import CSQLite
import GRDB
import JSON

/// A prepared statement whose values go straight to SQLite, for the statements that every transition runs and for all reading
/// of jobs, steps and events.
///
/// GRDB makes a value object of each argument and a dictionary of each row's columns, which cost the writer's thread more than
/// SQLite itself (`docs/performance.md`), and it ends the process where a column does not hold what it expects: one damaged row would take the
/// daemon down. Values are bound in the statement's order.
struct HotStatement {
    private let statement: OpaquePointer
    private let database: Database
    private var index: Int32 = 0

    init(_ database: Database, _ sql: String) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql).sqliteStatement
        sqlite3_reset(statement)
    }

    /// A statement with its values.
    init(_ database: Database, _ sql: String, _ values: [HotValue]) throws {
        try self.init(database, sql)
        for value in values {
            switch value {
            case .text(let text): bind(text)
            case .number(let number): bind(number)
            case .list(let texts): bind(JSONValue.array(texts.map { .string($0) }).serializedString())
            }
        }
    }

    /// What `read` makes of each row.
    func rows<Value>(_ read: (HotRow) throws -> Value) throws -> [Value] {
        var values: [Value] = []
        try forEachRow { values.append(try read($0)) }
        return values
    }

    /// Begins with the first value again, for the next run.
    mutating func rewind() {
        index = 0
    }

    mutating func bind(_ text: String?) {
        index += 1
        guard var text else { return bindNull() }
        text.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(statement, index, $0.baseAddress, Int32($0.count), Self.copied)
            }
        }
    }

    mutating func bind(_ number: Int64?) {
        index += 1
        guard let number else { return bindNull() }
        sqlite3_bind_int64(statement, index, number)
    }

    mutating func bind(_ number: Int) { bind(Int64(number)) }

    mutating func bind(_ flag: Bool) { bind(flag ? Int64(1) : 0) }

    mutating func bind(_ number: Double?) {
        index += 1
        guard let number else { return bindNull() }
        sqlite3_bind_double(statement, index, number)
    }

    private func bindNull() {
        sqlite3_bind_null(statement, index)
    }

    /// Runs a statement without rows. Returns how many rows it changed.
    @discardableResult
    func run() throws -> Int {
        try forEachRow { _ in }
        return Int(sqlite3_changes(database.sqliteConnection))
    }

    /// Runs the statement to its end, and hands over each of its rows.
    func forEachRow(_ body: (HotRow) throws -> Void) throws {
        defer { sqlite3_reset(statement) }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_DONE: return
            case SQLITE_ROW: try body(HotRow(statement: statement))
            default:
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database.sqliteConnection)),
                    message: database.lastErrorMessage)
            }
        }
    }

    /// `SQLITE_TRANSIENT`: SQLite makes a copy. The macro is a cast that Swift does not import.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// A value of a statement whose text was put together.
enum HotValue: Sendable {
    case text(String)
    case number(Int64)
    /// A JSON array, for `json_each`.
    case list([String])
}

/// The present row of a statement, its columns by their places.
struct HotRow {
    fileprivate let statement: OpaquePointer

    func text(_ column: Int32) -> String? {
        sqlite3_column_text(statement, column).map { String(cString: $0) }
    }

    func number(_ column: Int32) -> Int64? {
        sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : sqlite3_column_int64(statement, column)
    }

    func double(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }

    func moment(_ column: Int32) -> Timestamp? { number(column).map(Timestamp.init(milliseconds:)) }
}
