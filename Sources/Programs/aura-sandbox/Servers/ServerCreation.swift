/// A parsed and valid request to create a server.
struct ServerCreation: Sendable {
    let name: String
    let type: ServerType
    let location: Location
    let image: Image
    let labels: [String: String]
    let authorizedKeys: [String]
    let userData: String?
    let firewalls: [Int64]
    let starts: Bool
    let wantsIPv4: Bool
    let wantsIPv6: Bool

    /// The body of `POST /servers`. Fields that the sandbox does not use are accepted and ignored.
    struct Body: Decodable {
        struct FirewallReference: Decodable { var firewall: Int64 }
        struct PublicNet: Decodable {
            var enableIpv4: Bool?
            var enableIpv6: Bool?
        }

        var name: String
        var serverType: Reference
        var image: Reference
        var location: Reference?
        var sshKeys: [Reference]?
        var userData: String?
        var labels: [String: String]?
        var startAfterCreate: Bool?
        var firewalls: [FirewallReference]?
        var publicNet: PublicNet?
        var datacenter: String?
    }

    /// The maximum length of user data at Hetzner.
    static let userDataLimitBytes = 32 * 1_024

    /// Checks a body against the catalogue and the existing resources. Throws 422 if it is not valid.
    init(_ body: Body, in cloud: Cloud) throws {
        guard HostName.isValid(body.name) else { throw APIError.invalid("name", "must be a valid hostname") }
        guard body.datacenter == nil else {
            throw APIError.invalid("datacenter", "the datacenter field was removed, use location")
        }
        name = body.name
        labels = body.labels ?? [:]
        try Labels.check(labels)
        type = try cloud.catalog.type(body.serverType)
        image = try cloud.catalog.image(body.image, architecture: type.architecture)
        location = try Self.place(body.location, for: type, in: cloud)
        authorizedKeys = try (body.sshKeys ?? []).map { try cloud.keys.find($0, field: "ssh_keys").publicKey }
        userData = body.userData
        guard (userData?.utf8.count ?? 0) <= Self.userDataLimitBytes else {
            throw APIError.invalid("user_data", "Longer than maximum length \(Self.userDataLimitBytes).")
        }
        firewalls = try (body.firewalls ?? []).map {
            try cloud.firewalls.find(.id($0.firewall), field: "firewalls").id
        }
        guard firewalls.count <= Firewall.limitPerServer else {
            throw APIError.invalid("firewalls", "Longer than maximum length \(Firewall.limitPerServer).")
        }
        starts = body.startAfterCreate ?? true
        wantsIPv4 = body.publicNet?.enableIpv4 ?? true
        wantsIPv6 = body.publicNet?.enableIpv6 ?? true
        guard wantsIPv4 || wantsIPv6 else {
            throw APIError.plain(422, "private_net_only_server", "no public network interfaces")
        }
    }

    private static func place(_ reference: Reference?, for type: ServerType, in cloud: Cloud) throws -> Location {
        let location: Location
        if let reference {
            location = try cloud.catalog.location(reference)
        } else if let first = cloud.catalog.locations.first(where: { type.locations.contains($0.name) }) {
            location = first
        } else {
            throw APIError.unsupportedLocation
        }
        guard type.locations.contains(location.name), !type.retired(cloud.settings).contains(location.name) else {
            throw APIError.unsupportedLocation
        }
        return location
    }
}
