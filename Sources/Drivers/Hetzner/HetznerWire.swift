internal import DriverKit
internal import JSON

// The members of Hetzner's JSON that the driver reads. All other members are ignored.

struct WireServer: Decodable, Sendable {
    struct PublicNet: Decodable, Sendable {
        var ipv4: Address?
        var ipv6: Address?
    }

    struct Address: Decodable, Sendable {
        var ip: String
    }

    struct Named: Decodable, Sendable {
        var name: String
    }

    var id: Int64
    var name: String
    var status: String
    var publicNet: PublicNet?
    var serverType: Named?
    var location: Named?
    var labels: [String: String]?

    enum CodingKeys: String, CodingKey {
        case id, name, status, location, labels
        case publicNet = "public_net"
        case serverType = "server_type"
    }
}

extension Server {
    init(_ wire: WireServer) {
        self.init(
            id: String(wire.id), name: PlainText.clean(wire.name),
            status: ServerStatus(rawValue: wire.status) ?? .unknown,
            address: Self.address(wire.publicNet).map { PlainText.clean($0) },
            location: PlainText.clean(wire.location?.name ?? ""),
            serverType: PlainText.clean(wire.serverType?.name ?? ""), labels: wire.labels ?? [:])
    }

    /// Returns the IPv4 address, or the first host of the /64 network if the machine has no IPv4 address.
    private static func address(_ net: WireServer.PublicNet?) -> String? {
        if let ip = net?.ipv4?.ip, !ip.isEmpty { return ip }
        guard let network = net?.ipv6?.ip.prefix(while: { $0 != "/" }), !network.isEmpty else { return nil }
        return network.hasSuffix("::") ? network + "1" : String(network)
    }
}

struct WireAction: Decodable, Sendable {
    struct Fault: Decodable, Sendable {
        var code: String
        var message: String
    }

    var id: Int64
    var command: String?
    var status: String
    var error: Fault?
}

struct WireKey: Decodable, Sendable {
    var id: Int64
    var name: String
    var publicKey: String
    var labels: [String: String]?

    enum CodingKeys: String, CodingKey {
        case id, name, labels
        case publicKey = "public_key"
    }
}

extension ServerKey {
    init(_ wire: WireKey) {
        self.init(id: String(wire.id), name: wire.name, publicKey: wire.publicKey, labels: wire.labels ?? [:])
    }
}

struct WireFirewall: Decodable, Sendable {
    /// The effect of a rule. Its description is left out, so that two rules with the same effect are equal.
    struct Rule: Decodable, Sendable, Hashable {
        var direction: String
        var `protocol`: String
        var port: String?
        var sources: Set<String>?

        enum CodingKeys: String, CodingKey {
            case direction, `protocol`, port
            case sources = "source_ips"
        }
    }

    var id: Int64
    var name: String
    var labels: [String: String]?
    var rules: [Rule]?
}

struct WireMeta: Decodable, Sendable {
    struct Pagination: Decodable, Sendable {
        var nextPage: Int?

        enum CodingKeys: String, CodingKey {
            case nextPage = "next_page"
        }
    }

    var pagination: Pagination?
}

// Responses contain their content under the resource's name.

struct ServerAnswer: Decodable, Sendable {
    var server: WireServer
}

struct ServersAnswer: Decodable, Sendable {
    var servers: [WireServer]
    var meta: WireMeta?
}

struct CreationAnswer: Decodable, Sendable {
    var server: WireServer
    var action: WireAction?
    var nextActions: [WireAction]?

    enum CodingKeys: String, CodingKey {
        case server, action
        case nextActions = "next_actions"
    }
}

struct ActionAnswer: Decodable, Sendable {
    var action: WireAction
}

struct ActionsAnswer: Decodable, Sendable {
    var actions: [WireAction]
    var meta: WireMeta?
}

struct KeyAnswer: Decodable, Sendable {
    var key: WireKey

    enum CodingKeys: String, CodingKey {
        case key = "ssh_key"
    }
}

struct KeysAnswer: Decodable, Sendable {
    var keys: [WireKey]
    var meta: WireMeta?

    enum CodingKeys: String, CodingKey {
        case keys = "ssh_keys"
        case meta
    }
}

struct FirewallAnswer: Decodable, Sendable {
    var firewall: WireFirewall
}

struct FirewallsAnswer: Decodable, Sendable {
    var firewalls: [WireFirewall]
}
