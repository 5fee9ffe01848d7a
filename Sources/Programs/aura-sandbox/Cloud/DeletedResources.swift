/// The resources that were deleted, for checks of leaks and planted secrets. It keeps at least the newest 90,000
/// servers and as many other resources.
struct DeletedResources: Sendable {
    /// A key or firewall that was deleted.
    struct Resource: Sendable {
        let kind: String
        let id: Int64
        let name: String
    }

    private(set) var servers: [Server] = []
    private(set) var others: [Resource] = []
    private static let limit = 100_000

    /// Records a server that is gone.
    mutating func add(_ server: Server) {
        if servers.count >= Self.limit { servers.removeFirst(Self.limit / 10) }
        servers.append(server)
    }

    /// Records a key or firewall that is gone.
    mutating func add(_ kind: String, id: Int64, name: String) {
        if others.count >= Self.limit { others.removeFirst(Self.limit / 10) }
        others.append(Resource(kind: kind, id: id, name: name))
    }
}
