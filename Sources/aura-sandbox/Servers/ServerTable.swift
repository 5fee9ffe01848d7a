/// The servers that exist, by rising number, with their names and addresses as keys.
///
/// Rows stand in one array and are read in place, since a copy of a row touches a dozen counters: a sweep over ten
/// thousand servers by label would otherwise cost more than everything else.
struct ServerTable: Sendable {
    private(set) var all: [Server] = []
    private var names: [String: Int64] = [:]
    private var addresses: [String: Int64] = [:]

    var count: Int { all.count }

    subscript(id: Int64) -> Server? { place(of: id).map { all[$0] } }

    /// The server of that name.
    func named(_ name: String) -> Server? { names[name].flatMap { self[$0] } }

    /// The server at that IPv4 address.
    func at(address: String) -> Server? { addresses[address].flatMap { self[$0] } }

    /// Where the server of that name stands.
    func place(named name: String) -> Int? { names[name].flatMap { place(of: $0) } }

    /// The places of those servers of a range whose labels and status are meant.
    func places(in range: Range<Int>, where isMeant: ([String: String], Server.Status) -> Bool) -> [Int] {
        var places: [Int] = []
        for place in range where isMeant(all[place].labels, all[place].status) { places.append(place) }
        return places
    }

    /// Enters a server; numbers only rise.
    mutating func insert(_ server: Server) {
        names[server.name] = server.id
        if let address = server.ipv4 { addresses[address.text] = server.id }
        all.append(server)
    }

    /// Changes a server where it stands; its name goes through `rename`.
    mutating func update(_ id: Int64, _ change: (inout Server) -> Void) {
        guard let place = place(of: id) else { return }
        change(&all[place])
    }

    /// Gives a server another name, which is free.
    mutating func rename(_ id: Int64, _ name: String) {
        guard let place = place(of: id) else { return }
        names[all[place].name] = nil
        names[name] = id
        all[place].name = name
    }

    /// Takes a server out, and frees its name and address.
    mutating func remove(_ id: Int64) -> Server? {
        guard let place = place(of: id) else { return nil }
        let server = all.remove(at: place)
        names[server.name] = nil
        if let address = server.ipv4 { addresses[address.text] = nil }
        return server
    }

    /// Where a server stands.
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
