import AuraModel
import CPostgres
import Glibc
import Storage

/// The address of the server, time limits, and the number of connections.
public struct PostgresSettings: Sendable {
    /// libpq's connection string or URL, with TLS settings and, if needed, a password.
    public var url: String
    /// The URL of the listening connection, if it differs from `url`: it must bypass a pooler that gives each
    /// transaction another session.
    public var listenURL: String?
    /// The limit of each wait for the socket while connecting.
    public var connectTimeout: Duration
    /// The limit of each wait for the socket while a statement runs. After a longer wait the connection counts as lost.
    public var statementTimeout: Duration
    /// ``statementTimeout`` for the statements of a migration, which may rewrite a large table.
    public var migrationTimeout: Duration
    /// The number of connections for reads, at least 1. The writers and the listener have their own.
    public var readers: Int
    /// Whether statements are prepared. False behind a pooler that gives each transaction another session.
    public var preparesStatements: Bool

    /// Creates settings; the defaults suit a server without a pooler.
    public init(
        url: String, listenURL: String? = nil, connectTimeout: Duration = .seconds(10),
        statementTimeout: Duration = .seconds(30), migrationTimeout: Duration = .seconds(3600), readers: Int = 4,
        preparesStatements: Bool = true
    ) {
        self.url = url
        self.listenURL = listenURL
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.migrationTimeout = migrationTimeout
        self.readers = readers
        self.preparesStatements = preparesStatements
    }

    /// The settings of the listening connection.
    var listening: PostgresSettings {
        var settings = self
        settings.url = listenURL ?? url
        return settings
    }
}

/// A statement with its values. `$1` is the first value.
struct PostgresStatement {
    var sql: String
    var values: [PostgresValue]

    init(_ sql: String, _ values: [PostgresValue] = []) {
        self.sql = sql
        self.values = values
    }
}

/// A value of a statement, in the server's text format.
struct PostgresValue: Sendable, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    var text: String?

    init(_ text: String?) { self.text = text }
    init(stringLiteral text: String) { self.text = text }
    init(nilLiteral: ()) { text = nil }
    init(_ number: Int64?) { text = number.map(String.init) }
    init(_ number: Int) { text = String(number) }
    init(_ number: Double?) { text = number.map { "\($0)" } }
    init(_ flag: Bool) { text = flag ? "t" : "f" }
    init(_ moment: Timestamp?) { text = moment.map { String($0.milliseconds) } }
    init(bytes: [UInt8]) { text = "\\x" + hexadecimal(bytes) }

    /// Creates an array literal, for `unnest`.
    init(array: [String?]) {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (index, item) in array.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            guard var item else {
                bytes.append(contentsOf: "NULL".utf8)
                continue
            }
            bytes.append(UInt8(ascii: "\""))
            item.withUTF8 { text in
                for byte in text {
                    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                    bytes.append(byte)
                }
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        text = String(decoding: bytes, as: UTF8.self)
    }
}

/// The rows of a result.
final class PostgresRows {
    private let result: OpaquePointer
    private let columns: [String: Int32]

    init(_ result: OpaquePointer) {
        self.result = result
        var columns: [String: Int32] = [:]
        for index in 0..<PQnfields(result) { columns[String(cString: PQfname(result, index))] = index }
        self.columns = columns
    }

    deinit {
        PQclear(result)
    }

    var count: Int { Int(PQntuples(result)) }

    /// The number of rows that the statement changed.
    var changed: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    var all: [PostgresRow] { (0..<count).map { PostgresRow(rows: self, index: Int32($0)) } }
    var first: PostgresRow? { count > 0 ? PostgresRow(rows: self, index: 0) : nil }

    fileprivate func text(_ row: Int32, _ column: String) -> String? {
        columns[column].flatMap { text(row, at: $0) }
    }

    fileprivate func text(_ row: Int32, at column: Int32) -> String? {
        PQgetisnull(result, row, column) == 0 ? String(cString: PQgetvalue(result, row, column)) : nil
    }

    /// The rows as values of the types that their columns have on the server.
    var sqlRows: [SQLRow] {
        let columns = (0..<PQnfields(result)).map { ($0, type: PQftype(result, $0)) }
        let names = columns.map { String(cString: PQfname(result, $0.0)) }
        return (0..<Int32(count)).map { row in
            SQLRow(names: names, values: columns.map { value(row, at: $0.0, of: $0.type) })
        }
    }

    /// The types are those of the server's catalogue `pg_type`.
    private func value(_ row: Int32, at column: Int32, of type: Oid) -> SQLValue {
        guard let text = text(row, at: column) else { return .null }
        return switch type {
        case 16: .flag(text == "t")
        case 17: Self.bytes(PQgetvalue(result, row, column)).map { .bytes($0) } ?? .text(text)
        case 20, 21, 23: Int64(text).map { .number($0) } ?? .text(text)
        default: .text(text)
        }
    }

    /// Decodes a value of the type `bytea`, in either of the server's formats.
    private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8]? {
        var count = 0
        let decoded = text.withMemoryRebound(to: UInt8.self, capacity: strlen(text) + 1) {
            PQunescapeBytea($0, &count)
        }
        guard let decoded else { return nil }
        defer { PQfreemem(decoded) }
        return Array(UnsafeBufferPointer(start: decoded, count: count))
    }

    var sqlState: String { PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? "" }
    var message: String { PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? "" }
}

/// One row. A column that is missing or null reads as `nil`.
struct PostgresRow {
    fileprivate var rows: PostgresRows
    fileprivate var index: Int32

    func text(_ column: String) -> String? { rows.text(index, column) }
    /// Returns the value of the column with this index in the result.
    func text(at column: Int32) -> String? { rows.text(index, at: column) }
    func number(_ column: String) -> Int64? { text(column).flatMap(Int64.init) }
    func double(_ column: String) -> Double? { text(column).flatMap(Double.init) }
    func moment(_ column: String) -> Timestamp? { number(column).map(Timestamp.init(milliseconds:)) }
    func flag(_ column: String) -> Bool { text(column) == "t" }
}

/// The error of a statement or connection.
struct PostgresError: Error, CustomStringConvertible {
    enum Kind {
        /// The connection was lost, or a new one is needed. It is not known whether the statement ran.
        case lost
        /// A conflict between two transactions. A retry may succeed.
        case conflict
        /// A unique index already has the value.
        case taken
        /// The server lacks disk space, memory or another resource. A later retry may succeed.
        case exhausted
        /// The server refuses the statement. A retry fails again.
        case refused
    }

    var kind: Kind
    var message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    init(rows: PostgresRows, isLost: Bool) {
        message = Self.line(rows.message)
        switch rows.sqlState {
        case "40001", "40P01", "55P03": kind = .conflict
        case "23505": kind = .taken
        // The server is stopping, starting, out of connections or read-only, or it ended this session. 0A000: another
        // daemon's migration changed a table under a prepared statement. A new connection prepares it again.
        case "0A000", "25P03", "57P01", "57P02", "57P03", "53300", "25006": kind = .lost
        case let state where state.hasPrefix("53") || state.hasPrefix("58"): kind = .exhausted
        default: kind = isLost ? .lost : .refused
        }
    }

    var description: String { message }

    /// Returns libpq's message as one line.
    static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ").trimmed
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
