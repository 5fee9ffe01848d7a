/// Rows with headings; each column is as wide as its widest cell.
struct Table: Sendable {
    var headings: [String]
    var rows: [[String]] = []

    init(_ headings: [String]) {
        self.headings = headings
    }

    /// The lines to print. Empty cells are shown as `-`, so that every row has every column.
    var lines: [Line] {
        let shown = rows.map { row in row.map { $0.isEmpty ? "-" : $0.printable } }
        let widths = headings.indices.map { column in
            ([headings] + shown).map { $0[column].columns }.max() ?? 0
        }
        return [Line(Self.join(headings, widths), .bold)] + shown.map { Line(Self.join($0, widths)) }
    }

    private static func join(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
        let end = padded.lastIndex { $0 != " " }
        return end.map { String(padded[...$0]) } ?? ""
    }
}

/// Named values, one per line, with the values aligned.
struct Card: Sendable {
    private(set) var rows: [(name: String, value: String)] = []

    /// Adds a row if there is a value.
    mutating func add(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        rows.append((name, value.printable))
    }

    func lines(indent: Int = 2) -> [Line] {
        let width = rows.map(\.name.columns).max() ?? 0
        return rows.map { row in
            Line(String(repeating: " ", count: indent))
                .appending(row.name.padded(to: width + 2), .dim)
                .appending(row.value)
        }
    }
}
