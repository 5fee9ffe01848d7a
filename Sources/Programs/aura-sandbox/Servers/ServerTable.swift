/// The existing servers in ascending order of id, with indices by name and address.
///
/// Servers are in one array and are read in place, because a copy of a server changes a dozen reference counts.
/// Otherwise a query by label over ten thousand servers would cost more than all other work.
struct ServerTable: Sendable {
    private(set) var all: [Server] = []
    private var names: [String: Int64] = [:]
    private var addresses: [String: Int64] = [:]

    var count: Int { all.count }

    subscript(id: Int64) -> Server? { place(of: id).map { all[$0] } }

    /// Returns the server with this name.
    func named(_ name: String) -> Server? { names[name].flatMap { self[$0] } }

    /// Returns the server at this IPv4 address.
    func at(address: String) -> Server? { addresses[address].flatMap { self[$0] } }

    /// Returns the index of the server with this name.
    func place(named name: String) -> Int? { names[name].flatMap { place(of: $0) } }

    /// Returns the indices of the servers in a range for which `isMeant` returns true.
    func places(in range: Range<Int>, where isMeant: ([String: String], Server.Status) -> Bool) -> [Int] {
        var places: [Int] = []
        for place in range where isMeant(all[place].labels, all[place].status) { places.append(place) }
        return places
    }

    /// Adds a server. Its id must be greater than all ids in the table.
    mutating func insert(_ server: Server) {
        names[server.name] = server.id
        if let address = server.ipv4 { addresses[address.text] = server.id }
        all.append(server)
    }

    /// Changes a server in place. Use `rename` to change its name.
    mutating func update(_ id: Int64, _ change: (inout Server) -> Void) {
        guard let place = place(of: id) else { return }
        change(&all[place])
    }

    /// Changes the name of a server. The new name must be free.
    mutating func rename(_ id: Int64, _ name: String) {
        guard let place = place(of: id) else { return }
        names[all[place].name] = nil
        names[name] = id
        all[place].name = name
    }

    /// Removes a server, and frees its name and address.
    mutating func remove(_ id: Int64) -> Server? {
        guard let place = place(of: id) else { return nil }
        let server = all.remove(at: place)
        names[server.name] = nil
        if let address = server.ipv4 { addresses[address.text] = nil }
        return server
    }

    /// Returns the index of a server.
    private func place(of id: Int64) -> Int? {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < all.count && all[low].id == id ? low : nil
    }
}
