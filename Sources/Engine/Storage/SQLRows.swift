package import AuraModel

/// A connection within a transaction, for statements with the same text in SQLite and PostgreSQL. The tables of
/// identities and secrets, whose statements are simple and rare, are read and written through it.
package protocol SQLConnection {
    /// Runs a query. Each `?` stands for the next value.
    func rows(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow]
    /// Runs a statement. Each `?` stands for the next value. Returns the number of rows that it changed.
    @discardableResult
    func run(_ sql: String, _ values: [SQLValue]) throws -> Int
    /// Waits until no other transaction holds the lock of this name, and holds it until the end of the transaction.
    /// Does nothing in a database with one writer.
    func lock(_ name: String) throws
}

/// The value of a column.
package enum SQLValue: Sendable, Hashable {
    case null
    case text(String)
    case number(Int64)
    case flag(Bool)
    case bytes([UInt8])

    package init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    package init(_ moment: Timestamp?) { self = moment.map { .number($0.milliseconds) } ?? .null }
}

/// One row of a query. A value of another type than the expected one is damaged, and never counts as another value.
package struct SQLRow: Sendable {
    private let names: [String]
    private let values: [SQLValue]

    /// Creates a row. `names` are the names of the columns, in the order of `values`.
    package init(names: [String], values: [SQLValue]) {
        self.names = names
        self.values = values
    }

    /// A column that holds something else than it should.
    struct Damage: Error, CustomStringConvertible {
        var column: String
        var expected: String

        var description: String { "the column \(column) holds no \(expected)" }
    }

    subscript(column: String) -> SQLValue { names.firstIndex(of: column).map { values[$0] } ?? .null }

    func text(_ column: String) throws -> String {
        guard let text = try optionalText(column) else { throw Damage(column: column, expected: "text") }
        return text
    }

    func optionalText(_ column: String) throws -> String? {
        switch self[column] {
        case .null: nil
        case .text(let text): text
        case .number, .flag, .bytes: throw Damage(column: column, expected: "text")
        }
    }

    func number(_ column: String) throws -> Int64 {
        guard case .number(let number) = self[column] else { throw Damage(column: column, expected: "number") }
        return number
    }

    func moment(_ column: String) throws -> Timestamp { Timestamp(milliseconds: try number(column)) }

    func optionalMoment(_ column: String) throws -> Timestamp? {
        self[column] == .null ? nil : try moment(column)
    }

    /// Returns a truth value, which SQLite stores as 0 or 1.
    func flag(_ column: String) throws -> Bool {
        switch self[column] {
        case .flag(let flag): flag
        case .number(0): false
        case .number(1): true
        case .null, .text, .number, .bytes: throw Damage(column: column, expected: "truth value")
        }
    }

    /// Returns bytes. If `count` is given, another number of bytes is damage.
    func bytes(_ column: String, count: Int? = nil) throws -> [UInt8] {
        guard case .bytes(let bytes) = self[column], count == nil || bytes.count == count else {
            throw Damage(column: column, expected: count.map { "\($0) bytes" } ?? "bytes")
        }
        return bytes
    }

    /// Returns the column as text for people, whatever it holds: bytes as hexadecimal digits.
    func shown(_ column: String) -> String {
        switch self[column] {
        case .null: ""
        case .text(let text): text
        case .number(let number): String(number)
        case .flag(let flag): String(flag)
        case .bytes(let bytes): hexadecimal(bytes)
        }
    }
}

/// Returns two hexadecimal digits per byte.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
