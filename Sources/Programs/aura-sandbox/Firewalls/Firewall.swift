import FoundationEssentials
import JSON

/// A firewall and its targets.
struct Firewall: Sendable {
    /// A target of a firewall.
    enum Target: Sendable, Equatable {
        case server(Int64)
        case selector(String)
    }

    let id: Int64
    var name: String
    var labels: [String: String]
    let created: Date
    var rules: [FirewallRule]
    var targets: [Target] = []

    static let limitPerServer = 5

    /// The JSON in responses.
    var json: JSONValue {
        [
            "id": .integer(id), "name": .string(name), "labels": .labels(labels), "created": .time(created),
            "rules": .array(rules.map(\.json)), "applied_to": .array(targets.map(Self.json)),
        ]
    }

    private static func json(_ target: Target) -> JSONValue {
        switch target {
        case .server(let id): ["type": "server", "server": ["id": .integer(id)]]
        case .selector(let text):
            ["type": "label_selector", "label_selector": ["selector": .string(text)], "applied_to_resources": []]
        }
    }
}

/// The firewalls of the project in the order of their ids.
struct FirewallTable: Sendable {
    private(set) var all: [Firewall] = []

    /// Returns the firewall that a request to create a server names, or throws 422.
    func find(_ id: Int64) throws -> Firewall {
        guard let firewall = all.first(where: { $0.id == id }) else {
            throw APIError.invalid("firewalls", "firewall \(id) not found")
        }
        return firewall
    }

    /// Returns the firewall with this id, or throws 404.
    func get(_ id: Int64) throws -> Firewall {
        guard let firewall = all.first(where: { $0.id == id }) else { throw APIError.notFound("firewall", String(id)) }
        return firewall
    }

    /// Adds a firewall. Throws 409 if its name is already used.
    mutating func insert(_ firewall: Firewall) throws {
        try check(firewall.name)
        all.append(firewall)
    }

    /// Changes a firewall in place.
    mutating func update(_ id: Int64, _ change: (inout Firewall) -> Void) {
        guard let place = all.firstIndex(where: { $0.id == id }) else { return }
        change(&all[place])
    }

    /// Removes a server that is gone from the targets of all firewalls.
    mutating func forget(server: Int64) {
        for place in all.indices { all[place].targets.removeAll { $0 == .server(server) } }
    }

    /// Removes a firewall.
    mutating func remove(_ id: Int64) { all.removeAll { $0.id == id } }

    /// Throws if a firewall cannot have this name: 422 for its length, 409 if it is already used.
    func check(_ name: String) throws {
        guard (1...128).contains(name.utf8.count) else {
            throw APIError.invalid("name", "Length must be between 1 and 128.")
        }
        guard !all.contains(where: { $0.name == name }) else {
            throw APIError.taken("firewall name is already used", field: "name")
        }
    }
}
