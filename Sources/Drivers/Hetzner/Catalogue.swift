internal import AuraModel
internal import DriverKit

/// The server types and their locations, from `GET /server_types`.
///
/// The catalogue is not reliable about stock (`facts/hetzner.md` §8), so `available` is not read. Only the names and
/// the end dates of the offers are used.
struct Catalogue: Sendable {
    struct Offer: Sendable {
        /// The time after which the type cannot be ordered, if one is announced.
        var unavailableAfter: Timestamp?
    }

    struct ServerType: Sendable {
        var architecture: String
        /// The offers by location.
        var offers: [String: Offer]
    }

    var types: [String: ServerType]

    /// Returns the reason why a placement cannot be ordered, with the most similar name that can be ordered; `nil` if
    /// it can be ordered.
    func objection(to placement: Placement, now: Timestamp) -> String? {
        let (name, location) = (placement.serverType, placement.location)
        let locations = Set(types.values.flatMap(\.offers.keys))
        guard locations.contains(location) else {
            return "there is no location \(location)" + Self.hint(location, in: locations)
        }
        let here = types.filter { isOpen($0.value.offers[location], now) }.keys
        guard let type = types[name] else {
            return "there is no server type \(name)" + Self.hint(name, in: here, " in \(location)")
        }
        guard let offer = type.offers[location] else {
            return "\(name) is not offered in \(location)" + Self.hint(name, in: here, " there")
        }
        guard let end = offer.unavailableAfter, end <= now else { return nil }
        return "\(name) cannot be ordered in \(location) since \(Self.day(end))" + Self.hint(name, in: here, " there")
    }

    /// Returns the announced end of a placement that can still be ordered; `nil` if there is none.
    func announcement(about placement: Placement, now: Timestamp) -> String? {
        guard let end = types[placement.serverType]?.offers[placement.location]?.unavailableAfter, end > now else {
            return nil
        }
        return "\(placement.serverType) can be ordered in \(placement.location) until \(Self.day(end)) only"
    }

    /// Returns the findings about all candidates. A candidate that cannot be ordered gives a warning, or an error if no
    /// candidate for its region and size can be. An announced end gives a warning.
    func findings(_ placements: [String: [String: [Placement]]], now: Timestamp) -> [ProviderFinding] {
        placements.sorted { $0.key < $1.key }.flatMap { region, sizes in
            sizes.sorted { $0.key < $1.key }.flatMap { size, candidates -> [ProviderFinding] in
                let objections = candidates.map { objection(to: $0, now: now) }
                let severity = objections.contains(nil) ? ProviderFinding.Severity.warning : .error
                return zip(candidates, objections).compactMap { candidate, objection in
                    let isFatal = objection != nil
                    guard let words = objection ?? announcement(about: candidate, now: now) else { return nil }
                    return ProviderFinding(
                        isFatal ? severity : .warning, setting: "hetzner.placements",
                        "\(region)/\(size)=\(candidate.serverType)@\(candidate.location): \(words)")
                }
            }
        }
    }

    private func isOpen(_ offer: Offer?, _ now: Timestamp) -> Bool {
        guard let offer else { return false }
        return offer.unavailableAfter.map { $0 > now } ?? true
    }

    private static func hint(_ name: String, in names: some Sequence<String>, _ place: String = "") -> String {
        NearestName.of(name, in: names).map { "; the nearest\(place) is \($0)" } ?? ""
    }

    private static func day(_ time: Timestamp) -> String { String(time.description.prefix(10)) }
}

extension Catalogue {
    init(_ wire: [WireServerType]) {
        types = [:]
        // Names reach events and terminals. An entry with other characters than Hetzner uses in names is skipped.
        for type in wire where Self.isName(type.name) {
            var offers: [String: Offer] = [:]
            // Older responses contain locations only in the prices.
            for price in type.prices ?? [] where type.locations == nil && Self.isName(price.location) {
                offers[price.location] = Offer()
            }
            for location in type.locations ?? [] where Self.isName(location.name) {
                let end = (location.deprecation ?? type.deprecation)?.unavailableAfter
                offers[location.name] = Offer(unavailableAfter: end.flatMap(Timestamp.init))
            }
            types[type.name] = ServerType(architecture: type.architecture ?? "x86", offers: offers)
        }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
            }
    }
}

struct WireServerType: Decodable, Sendable {
    struct Deprecation: Decodable, Sendable {
        var unavailableAfter: String?

        enum CodingKeys: String, CodingKey {
            case unavailableAfter = "unavailable_after"
        }
    }

    struct Location: Decodable, Sendable {
        var name: String
        var deprecation: Deprecation?
    }

    struct Price: Decodable, Sendable {
        var location: String
    }

    var name: String
    var architecture: String?
    var deprecation: Deprecation?
    var locations: [Location]?
    var prices: [Price]?
}

struct ServerTypesAnswer: Decodable, Sendable {
    var types: [WireServerType]
    var meta: WireMeta?

    enum CodingKeys: String, CodingKey {
        case types = "server_types"
        case meta
    }
}

struct WireImage: Decodable, Sendable {
    var id: Int64
    var name: String?
    var architecture: String?
    /// The time at which the deprecation was announced.
    var deprecated: String?
}

struct ImageAnswer: Decodable, Sendable {
    var image: WireImage
}

struct ImagesAnswer: Decodable, Sendable {
    var images: [WireImage]
    var meta: WireMeta?
}
