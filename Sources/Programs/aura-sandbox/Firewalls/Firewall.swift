import FoundationEssentials
import JSON

/// A firewall and its targets.
struct Firewall: NamedResource {
    static let kind = "firewall"

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

    static func check(_ name: String, isUsed: Bool) throws {
        guard (1...128).contains(name.utf8.count) else {
            throw APIError.invalid("name", "Length must be between 1 and 128.")
        }
        guard !isUsed else { throw APIError.taken("firewall name is already used", field: "name") }
    }
}
