import AuraModel

/// The rows of all pages of `aura list` or `aura job list`. `Noun` is the type of thing that the ids identify.
struct Listing<Row, Noun> {
    var rows: [Row] = []
    /// The ids of the rows that the daemon cannot read.
    var unreadable: [Identifier<Noun>] = []

    /// The maximum number of ids in the note about unreadable rows.
    private static var namedIDs: Int { 10 }

    /// Adds a page.
    mutating func add(_ page: [Row], unreadable ids: [Identifier<Noun>]?) {
        rows += page
        unreadable += ids ?? []
    }

    /// Prints the lines that `text` returns for the rows, or a note that there are none. Then notes the rows that the
    /// daemon cannot read. `noun` is the singular: `instance`.
    func show(_ noun: String, on output: Output, _ text: ([Row]) -> [Line]) {
        if !rows.isEmpty {
            output.lines(text(rows))
        } else if unreadable.isEmpty {
            output.note("there are no such \(noun)s")
        }
        guard !unreadable.isEmpty else { return }
        let rest = unreadable.count - Self.namedIDs
        let ids = unreadable.prefix(Self.namedIDs).map(\.text).joined(separator: ", ")
        output.note(
            "\(unreadable.count) \(noun)\(unreadable.count == 1 ? "" : "s") cannot be read: \(ids)"
                + (rest > 0 ? " and \(rest) more" : "") + "; the daemon's log says why")
    }
}
