/// Which orders are carried out next: a machine's own one after the other, and only a few machines at once.
struct HostDesk: Sendable {
    private var waiting: [HostOrder] = []
    private var busy: Set<Int64> = []
    private let limit: Int

    /// A desk for `limit` machines at once.
    init(limit: Int) { self.limit = limit }

    /// Whether nothing is waiting or being done.
    var isIdle: Bool { waiting.isEmpty && busy.isEmpty }

    /// Takes new orders.
    mutating func add(_ orders: [HostOrder]) { waiting += orders }

    /// The orders that may begin now; each must be reported with `finish`.
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

    /// A machine's order is done.
    mutating func finish(_ server: Int64) { busy.remove(server) }
}
