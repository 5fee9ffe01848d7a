import AuraModel
import CPostgres

/// Where the server is, and how patient to be with it.
public struct PostgresSettings: Sendable {
    /// libpq's connection string or URL, with its TLS settings and, where it must, its password.
    public var url: String
    /// Where to listen, if not there: past a pooler that gives each transaction another session.
    public var listenURL: String?
    public var connectTimeout: Duration
    /// One statement; longer means that the server is not there.
    public var statementTimeout: Duration
    /// Connections that read, beside the one that writes and the one that listens.
    public var readers: Int
    /// Off behind a pooler that gives each transaction another session.
    public var preparesStatements: Bool

    public init(
        url: String, listenURL: String? = nil, connectTimeout: Duration = .seconds(10),
        statementTimeout: Duration = .seconds(30),
        readers: Int = 4, preparesStatements: Bool = true
    ) {
        self.url = url
        self.listenURL = listenURL
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.readers = readers
        self.preparesStatements = preparesStatements
    }

    /// Those of the connection that listens.
    var listening: PostgresSettings {
        var settings = self
        settings.url = listenURL ?? url
        return settings
    }
}

/// A value of a statement, as the server reads it.
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

    /// An array for `unnest`.
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

/// The rows of an answer.
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

    /// Rows that the statement changed.
    var changed: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    var all: [PostgresRow] { (0..<count).map { PostgresRow(rows: self, index: Int32($0)) } }
    var first: PostgresRow? { count > 0 ? PostgresRow(rows: self, index: 0) : nil }

    fileprivate func text(_ row: Int32, _ column: String) -> String? {
        guard let index = columns[column], PQgetisnull(result, row, index) == 0 else { return nil }
        return String(cString: PQgetvalue(result, row, index))
    }

    var sqlState: String { PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? "" }
    var message: String { PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? "" }
}

/// One row. A column that is missing or null is none.
struct PostgresRow {
    fileprivate var rows: PostgresRows
    fileprivate var index: Int32

    func text(_ column: String) -> String? { rows.text(index, column) }
    func number(_ column: String) -> Int64? { text(column).flatMap(Int64.init) }
    func double(_ column: String) -> Double? { text(column).flatMap(Double.init) }
    func moment(_ column: String) -> Timestamp? { number(column).map(Timestamp.init(milliseconds:)) }
    func flag(_ column: String) -> Bool { text(column) == "t" }
}

/// Why a statement did not run.
struct PostgresError: Error, CustomStringConvertible {
    enum Kind {
        /// The connection is gone; whether the statement ran is not known.
        case lost
        /// Two transactions stood in each other's way; the same again may succeed.
        case conflict
        /// A unique index has the value already.
        case taken
        /// The server is out of disk, memory or something else; the same again may succeed later.
        case exhausted
        /// The same again will be refused again.
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
        // The server is stopping, starting, out of connections, or ended this one.
        case "25P03", "57P01", "57P02", "57P03", "53300", "25006": kind = .lost
        case let state where state.hasPrefix("53") || state.hasPrefix("58"): kind = .exhausted
        default: kind = isLost ? .lost : .refused
        }
    }

    var description: String { message }

    /// What libpq says, as one line.
    static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ").trimmed
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
