/// The filters and the order of `GET /servers`.
struct ServerQuery: Sendable {
    private let name: String?
    private let selector: Selector?
    private let statuses: [String]
    private let order: SortOrder<Server>
    /// Whether every server is wanted, by rising number.
    let isPlain: Bool

    init(_ call: Call) throws {
        name = call.first("name")
        selector = try Selector.of(call)
        statuses = call.all("status")
        order = try SortOrder(
            call,
            [
                "id": { $0.id < $1.id }, "name": { $0.name < $1.name }, "created": { $0.created < $1.created },
            ])
        let sorts = call.all("sort")
        isPlain =
            name == nil && selector == nil && statuses.isEmpty
            && (sorts.isEmpty || sorts == ["id:asc"] || sorts == ["id"])
    }

    /// The servers that exist and are meant.
    func rows(_ cloud: Cloud) -> [Server] {
        let candidates = name.map { cloud.servers.named($0).map { [$0] } ?? [] } ?? cloud.servers.all
        return order.apply(candidates.filter { means($0, $0.status) })
    }

    /// The servers that were meant at an earlier time, with the status that each had then.
    func stale(_ cloud: Cloud, since time: Instant) -> [(server: Server, status: Server.Status)] {
        let once = cloud.past.servers.filter { $0.gone.map { $0 > time } ?? false } + cloud.servers.all
        let meant = once.filter { server in server.status(at: time).map { means(server, $0) } ?? false }
        return order.apply(meant.sorted { $0.id < $1.id }).map { ($0, $0.status(at: time) ?? $0.status) }
    }

    private func means(_ server: Server, _ status: Server.Status) -> Bool {
        (name.map { $0 == server.name } ?? true) && (statuses.isEmpty || statuses.contains(status.rawValue))
            && (selector?.matches(server.labels) ?? true)
    }
}
