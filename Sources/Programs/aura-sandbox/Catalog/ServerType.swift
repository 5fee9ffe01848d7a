import JSON

/// A server type and the locations that offer it.
struct ServerType: Sendable {
    let id: Int64
    let name: String
    let architecture: String
    let disk: Int64
    /// The names of the locations that offer the type.
    let locations: [String]
    /// The field `prices[]` of the type, which responses about the type and `/pricing` contain.
    let prices: JSONValue
    /// The JSON in responses.
    let json: JSONValue
    private let places: [Location]

    /// The properties that the types of a family share.
    private struct Family {
        let category: String
        let cpu: String
        let architecture: String
        let locations: [String]
        /// Locations that have a price for the type but no longer create servers of it. The real catalogue shows such
        /// offers as available.
        var stale: [String] = []
    }

    private init(
        _ id: Int64, _ name: String, _ family: Family, cores: Int64, memory: Double, disk: Int64, monthlyCents: Int64
    ) {
        self.id = id
        self.name = name
        self.disk = disk
        architecture = family.architecture
        locations = family.locations
        let listed = family.locations + family.stale
        prices = .array(listed.map { Price(monthlyCents: monthlyCents).json(location: $0) })
        places = Location.standard.filter { listed.contains($0.name) }
        json = [
            "id": .integer(id), "name": .string(name), "description": .string(name.uppercased()),
            "category": .string(family.category), "cores": .integer(cores), "memory": .double(memory),
            "disk": .integer(disk), "storage_type": "local", "cpu_type": .string(family.cpu),
            "architecture": .string(family.architecture), "deprecated": false, "deprecation": .null, "prices": prices,
            "locations": Self.locations(places, retired: []),
        ]
    }

    /// Returns the type's JSON with the locations in `retired` marked as deprecated.
    func json(retired: Set<String>) -> JSONValue {
        var json = json
        json["locations"] = Self.locations(places, retired: retired)
        return json
    }

    /// Returns the names of the locations whose offers are retired.
    func retired(_ settings: Settings) -> Set<String> {
        Set(places.map(\.name).filter { settings.retiredOffers.contains("\(name)@\($0)") })
    }

    private static func locations(_ places: [Location], retired: Set<String>) -> JSONValue {
        let ended: JSONValue = ["announced": "2025-10-16T06:00:00Z", "unavailable_after": "2026-01-16T06:00:00Z"]
        return .array(
            places.map {
                [
                    "id": .integer($0.id), "name": .string($0.name),
                    "deprecation": retired.contains($0.name) ? ended : .null, "available": true, "recommended": true,
                ]
            })
    }

    private static let europe = ["fsn1", "nbg1", "hel1"]
    private static let everywhere = ["fsn1", "nbg1", "hel1", "ash", "hil", "sin"]
    private static let cx = Family(category: "Cost-Optimized", cpu: "shared", architecture: "x86", locations: europe)
    private static let cax = Family(category: "Cost-Optimized", cpu: "shared", architecture: "arm", locations: europe)
    private static let old = Family(
        category: "Regular Purpose", cpu: "shared", architecture: "x86", locations: ["ash", "hil"], stale: ["nbg1"])
    private static let cpx = Family(
        category: "Regular Purpose", cpu: "shared", architecture: "x86", locations: europe + ["sin"])
    private static let ccx = Family(
        category: "General Purpose", cpu: "dedicated", architecture: "x86", locations: everywhere)

    static let standard = [
        ServerType(22, "cpx11", old, cores: 2, memory: 2, disk: 40, monthlyCents: 549),
        ServerType(45, "cax11", cax, cores: 2, memory: 4, disk: 40, monthlyCents: 587),
        ServerType(93, "cax21", cax, cores: 4, memory: 8, disk: 80, monthlyCents: 990),
        ServerType(94, "cax31", cax, cores: 8, memory: 16, disk: 160, monthlyCents: 1_890),
        ServerType(96, "ccx13", ccx, cores: 2, memory: 8, disk: 80, monthlyCents: 1_690),
        ServerType(97, "ccx23", ccx, cores: 4, memory: 16, disk: 160, monthlyCents: 3_290),
        ServerType(98, "ccx33", ccx, cores: 8, memory: 32, disk: 240, monthlyCents: 6_390),
        ServerType(109, "cpx12", cpx, cores: 1, memory: 2, disk: 40, monthlyCents: 1_133),
        ServerType(110, "cpx22", cpx, cores: 2, memory: 4, disk: 80, monthlyCents: 1_590),
        ServerType(111, "cpx32", cpx, cores: 4, memory: 8, disk: 160, monthlyCents: 2_690),
        ServerType(112, "cpx42", cpx, cores: 8, memory: 16, disk: 320, monthlyCents: 4_990),
        ServerType(114, "cx23", cx, cores: 2, memory: 4, disk: 40, monthlyCents: 545),
        ServerType(115, "cx33", cx, cores: 4, memory: 8, disk: 80, monthlyCents: 890),
        ServerType(116, "cx43", cx, cores: 8, memory: 16, disk: 160, monthlyCents: 1_590),
        ServerType(117, "cx53", cx, cores: 16, memory: 32, disk: 320, monthlyCents: 2_990),
    ]
}
