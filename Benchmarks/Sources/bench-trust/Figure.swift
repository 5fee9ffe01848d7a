import Foundation

/// One line of the output: a figure of Aura beside its limit, measured in the same run, and its aim.
struct Figure {
    /// The name of the figure.
    var name: String
    /// The same without Aura, or without the check; `nil` if nothing is comparable.
    var limit: String?
    /// The figure of Aura.
    var aura: String
    /// The figure of Aura divided by the limit.
    var ratio: Double?
    /// The aim of the design.
    var aim: String?

    private static let widths = [50, 26, 34, 7]

    /// Prints the names of the columns.
    static func printHead() { printCells(["", "limit", "Aura", "ratio", "aim"]) }

    func print() {
        Self.printCells([name, limit ?? "", aura, ratio.map { Self.text($0) } ?? "", aim ?? ""])
    }

    private static func printCells(_ cells: [String]) {
        let padded = zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(0, width - cell.count))
        }
        Swift.print((padded + cells.suffix(1)).joined(separator: "  "))
        // The script's output may go to a file, and a run takes minutes.
        fflush(nil)
    }

    /// Returns a number with two decimals.
    static func text(_ number: Double) -> String { String(format: "%.2f", number) }
}
