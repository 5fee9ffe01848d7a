import FoundationEssentials

/// The filters and the order of `GET /servers`.
struct ServerQuery: Sendable {
    private let name: String?
    private let selector: Selector?
    private let statuses: [String]
    private let order: SortOrder<(Int, Server)>
    /// True if the order is that of the table.
    private let isByNumber: Bool

    init(_ call: Call) throws {
        name = call.first("name")
        selector = try Selector.of(call)
        statuses = call.all("status")
        order = try SortOrder(
            call,
            [
                "id": { $0.1.id < $1.1.id }, "name": { $0.1.name < $1.1.name },
                "created": { $0.1.created < $1.1.created },
            ])
        let sorts = call.all("sort")
        isByNumber = [[], ["id"], ["id:asc"]].contains(sorts)
    }

    /// Returns the indices of the selected servers in the requested order.
    func places(_ servers: ServerTable) -> [Int] {
        let candidates = name.map { servers.place(named: $0).map { $0..<$0 + 1 } ?? 0..<0 } ?? servers.all.indices
        let meant =
            selector == nil && statuses.isEmpty
            ? Array(candidates)
            : servers.places(in: candidates) { labels, status in
                (statuses.isEmpty || statuses.contains(status.rawValue)) && (selector?.matches(labels) ?? true)
            }
        guard !isByNumber else { return meant }
        return order.apply(meant.map { ($0, servers.all[$0]) }).map(\.0)
    }

    /// Returns the servers that the query selected at an earlier time, with their statuses at that time.
    func stale(_ cloud: Cloud, since time: Date) -> [(server: Server, status: Server.Status)] {
        let once = cloud.deleted.servers.filter { $0.gone.map { $0 > time } ?? false } + cloud.servers.all
        let meant = once.filter { server in server.status(at: time).map { means(server, $0) } ?? false }
        let ordered = order.apply(meant.sorted { $0.id < $1.id }.map { (0, $0) }).map(\.1)
        return ordered.map { ($0, $0.status(at: time) ?? $0.status) }
    }

    private func means(_ server: Server, _ status: Server.Status) -> Bool {
        (name.map { $0 == server.name } ?? true) && (statuses.isEmpty || statuses.contains(status.rawValue))
            && (selector?.matches(server.labels) ?? true)
    }
}
