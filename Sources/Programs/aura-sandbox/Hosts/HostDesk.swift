/// Selects the next orders. The orders of one machine run in sequence, and only a few machines work at the same time.
struct HostDesk: Sendable {
    private var waiting: [HostOrder] = []
    private var busy: Set<Int64> = []
    private let limit: Int

    /// Creates a desk for `limit` concurrent machines.
    init(limit: Int) { self.limit = limit }

    /// True if no order waits or runs.
    var isIdle: Bool { waiting.isEmpty && busy.isEmpty }

    /// Adds new orders.
    mutating func add(_ orders: [HostOrder]) { waiting += orders }

    /// Returns the orders that may start now. The caller must report the end of each with `finish`.
    mutating func next() -> [HostOrder] {
        var begun: [HostOrder] = []
        var passed: Set<Int64> = busy
        waiting.removeAll { order in
            guard busy.count < limit, passed.insert(order.server).inserted else {
                passed.insert(order.server)
                return false
            }
            busy.insert(order.server)
            begun.append(order)
            return true
        }
        return begun
    }

    /// Records the end of a machine's order.
    mutating func finish(_ server: Int64) { busy.remove(server) }
}
