/// All actions that can still be read. Finished actions remain after their server is gone, up to the newest 200,000.
struct ActionTable: Sendable {
    private var rows: [Int64: Action] = [:]
    private var finished: [Int64] = []
    private var dropped = 0
    private static let limit = 200_000

    subscript(id: Int64) -> Action? { rows[id] }

    /// Adds a new action.
    mutating func insert(_ action: Action) { rows[action.id] = action }

    /// Changes an action in place.
    mutating func update(_ id: Int64, _ change: (inout Action) -> Void) {
        guard var row = rows[id] else { return }
        change(&row)
        rows[id] = row
    }

    /// Records an action as finished, and removes the oldest finished action beyond the limit.
    mutating func retire(_ id: Int64) {
        finished.append(id)
        guard finished.count - dropped > Self.limit else { return }
        rows[finished[dropped]] = nil
        dropped += 1
        if dropped > Self.limit {
            finished.removeFirst(dropped)
            dropped = 0
        }
    }
}
