import AuraModel
import CSQLite
import GRDB
import JSON
import Storage

/// A connection that caches prepared statements: GRDB's `Database` for writes, or a ``ReadConnection``.
protocol StatementSource: AnyObject {
    /// SQLite's own connection; `nil` after it was closed.
    var sqliteConnection: OpaquePointer? { get }
    /// Returns the statement for this text. It is valid until the connection closes or prepares another text.
    func prepared(_ sql: String) throws -> OpaquePointer
}

extension Database: StatementSource {
    func prepared(_ sql: String) throws -> OpaquePointer {
        try cachedStatement(sql: sql).sqliteStatement
    }
}

/// A prepared statement that passes values directly to SQLite. The statements of every transition use it, and all reads
/// of instances, jobs, steps and events.
///
/// GRDB creates an object for each argument and a dictionary of each row's columns, which costs the writer thread more
/// than SQLite itself (`docs/performance.md`). GRDB also ends the process if a column has an unexpected type, so that
/// one damaged row would stop the daemon. Values are bound in the order of the statement's parameters.
struct HotStatement {
    private let statement: OpaquePointer
    private let database: any StatementSource
    private var index: Int32 = 0

    init(_ database: any StatementSource, _ sql: String) throws {
        self.database = database
        statement = try database.prepared(sql)
        sqlite3_reset(statement)
    }

    /// Creates a statement and binds its values.
    init(_ database: any StatementSource, _ sql: String, _ values: [HotValue]) throws {
        try self.init(database, sql)
        for value in values {
            switch value {
            case .text(let text): bind(text)
            case .number(let number): bind(number)
            case .list(let texts): bind(JSONValue.array(texts.map { .string($0) }).serializedString())
            }
        }
    }

    /// Runs the statement and returns the result of `read` for each row.
    func rows<Value>(_ read: (HotRow) throws -> Value) throws -> [Value] {
        var values: [Value] = []
        try forEachRow { values.append(try read($0)) }
        return values
    }

    /// Starts binding again at the first parameter, for another run with new values.
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

    mutating func bind(_ bytes: [UInt8]) {
        index += 1
        // For an address of `nil`, which an empty array may have, SQLite would bind NULL.
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(statement, index, 0)
        } else {
            sqlite3_bind_blob(statement, index, bytes, Int32(bytes.count), Self.copied)
        }
    }

    mutating func bind(_ number: Double?) {
        index += 1
        guard let number else { return bindNull() }
        sqlite3_bind_double(statement, index, number)
    }

    private func bindNull() {
        sqlite3_bind_null(statement, index)
    }

    /// Runs a statement that returns no rows. Returns the number of rows that it changed.
    @discardableResult
    func run() throws -> Int {
        try forEachRow { _ in }
        return Int(sqlite3_changes(database.sqliteConnection))
    }

    /// Runs the statement to its end and calls `body` for each row.
    func forEachRow(_ body: (HotRow) throws -> Void) throws {
        defer { sqlite3_reset(statement) }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_DONE: return
            case SQLITE_ROW: try body(HotRow(statement: statement))
            default:
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database.sqliteConnection)),
                    message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
            }
        }
    }

    /// `SQLITE_TRANSIENT`: SQLite copies the text. Swift cannot import this macro, because it is a cast.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// A value of a statement whose text is assembled at run time.
enum HotValue: Sendable {
    case text(String)
    case number(Int64)
    /// A JSON array, for `json_each`.
    case list([String])

    /// The tenants of a set, for a ``ScopedSQL``.
    static func tenants(_ tenants: Set<TenantID>) -> HotValue {
        if tenants.count == 1, let tenant = tenants.first { return .text(tenant.text) }
        return .list(tenants.map(\.text).sorted())
    }
    /// The condition that a row belongs to one of the tenants of a list.
    static let inScope = "tenant IN (SELECT value FROM json_each(?))"

    /// Adds the condition that a row belongs to one of these tenants. One tenant is compared without a list, so that an
    /// index on the tenant keeps the order of its rows.
    static func add(_ tenants: [String], to conditions: inout [String], _ values: inout [HotValue]) {
        conditions.append(tenants.count == 1 ? "tenant = ?" : inScope)
        values.append(tenants.count == 1 ? .text(tenants[0]) : .list(tenants))
    }
}

/// A statement with the condition that a row belongs to one of some tenants.
///
/// One tenant is compared without a list. SQLite reads a list only for a row that exists, so the time of a call would show
/// whether another tenant has a row.
struct ScopedSQL: Sendable {
    private let one: String
    private let several: String

    /// - Parameter sql: returns the statement with a condition, which has one value.
    init(_ sql: (_ condition: String) -> String) {
        one = sql("tenant = ?")
        several = sql(HotValue.inScope)
    }

    /// Returns the statement for a set of tenants, whose value is ``HotValue/tenants(_:)``.
    func text(for tenants: Set<TenantID>) -> String { tenants.count == 1 ? one : several }
}

/// The present row of a statement. Columns are addressed by index, from 0.
struct HotRow {
    fileprivate let statement: OpaquePointer

    func text(_ column: Int32) -> String? {
        sqlite3_column_text(statement, column).map { String(cString: $0) }
    }

    /// Calls `body` with the bytes of a text. They are valid until the statement continues. Returns `nil` for NULL.
    func withBytes<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Value?) -> Value? {
        guard let start = sqlite3_column_text(statement, column) else { return nil }
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
    }

    /// Returns the number, or `nil` for NULL. Throws ``DamagedColumn`` if the column holds anything else. SQLite itself
    /// would return 0 for a text.
    func number(_ column: Int32) throws(DamagedColumn) -> Int64? {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: nil
        case SQLITE_INTEGER: sqlite3_column_int64(statement, column)
        default: throw damaged(column)
        }
    }

    /// Returns the number, or `nil` for NULL. Throws ``DamagedColumn`` if the column holds anything else.
    func double(_ column: Int32) throws(DamagedColumn) -> Double? {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: nil
        case SQLITE_INTEGER, SQLITE_FLOAT: sqlite3_column_double(statement, column)
        default: throw damaged(column)
        }
    }

    /// Returns the time, or `nil` for NULL. Throws ``DamagedColumn`` if the column holds no number.
    func moment(_ column: Int32) throws(DamagedColumn) -> Timestamp? {
        try number(column).map(Timestamp.init(milliseconds:))
    }

    private func damaged(_ column: Int32) -> DamagedColumn { DamagedColumn(name: name(of: column)) }

    /// The number of columns.
    var columnCount: Int32 { sqlite3_column_count(statement) }

    /// Returns the name of a column.
    func name(of column: Int32) -> String {
        sqlite3_column_name(statement, column).map { String(cString: $0) } ?? "\(column)"
    }

    /// Returns the value of a column as it is stored. A text that is no UTF-8 is returned as bytes.
    func value(_ column: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .number(sqlite3_column_int64(statement, column))
        case SQLITE_TEXT:
            let bytes = bytes(sqlite3_column_text(statement, column), column)
            return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .bytes(bytes)
        case SQLITE_BLOB: return .bytes(bytes(sqlite3_column_blob(statement, column), column))
        default: return SQLValue(text(column))
        }
    }

    /// Copies the bytes of a column. SQLite requires that their number is read after their address.
    private func bytes(_ start: UnsafeRawPointer?, _ column: Int32) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
    }
}

/// A column for numbers that holds a text or a blob.
struct DamagedColumn: Error, CustomStringConvertible {
    var name: String
    var description: String { "the column \(name) holds no number" }
}
