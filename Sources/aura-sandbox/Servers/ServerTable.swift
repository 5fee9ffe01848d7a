/// The servers that exist, in the order of their numbers, with their names and addresses as keys.
struct ServerTable: Sendable {
    private var rows: [Int64: Server] = [:]
    private(set) var ids: [Int64] = []
    private var names: [String: Int64] = [:]
    private var addresses: [String: Int64] = [:]

    var count: Int { ids.count }

    subscript(id: Int64) -> Server? { rows[id] }

    /// All servers by rising number.
    var all: [Server] { ids.compactMap { rows[$0] } }

    /// The server of that name.
    func named(_ name: String) -> Server? { names[name].flatMap { rows[$0] } }

    /// The server at that IPv4 address.
    func at(address: String) -> Server? { addresses[address].flatMap { rows[$0] } }

    /// Enters a server; numbers only rise, unless a test set them back.
    mutating func insert(_ server: Server) {
        rows[server.id] = server
        names[server.name] = server.id
        if let address = server.ipv4 { addresses[address.text] = server.id }
        let place = ids.last.map { $0 < server.id } ?? true ? ids.count : position(of: server.id)
        ids.insert(server.id, at: place)
    }

    /// Changes a server where it stands; its name goes through `rename`.
    mutating func update(_ id: Int64, _ change: (inout Server) -> Void) {
        guard rows[id] != nil else { return }
        change(&rows[id]!)
    }

    /// Gives a server another name, which is free.
    mutating func rename(_ id: Int64, _ name: String) {
        guard let old = rows[id]?.name else { return }
        names[old] = nil
        names[name] = id
        rows[id]?.name = name
    }

    /// Takes a server out, and frees its name and address.
    mutating func remove(_ id: Int64) -> Server? {
        guard let server = rows.removeValue(forKey: id) else { return nil }
        names[server.name] = nil
        if let address = server.ipv4 { addresses[address.text] = nil }
        ids.remove(at: position(of: id))
        return server
    }

    /// Where a number stands, or would stand.
    private func position(of id: Int64) -> Int {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
