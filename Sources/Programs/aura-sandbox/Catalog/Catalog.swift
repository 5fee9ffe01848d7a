import JSON

/// The provider's offer: server types, locations and images. The names are real; the numbers are plausible.
struct Catalog: Sendable {
    var locations: [Location]
    var types: [ServerType]
    var images: [Image]

    /// The offer of autumn 2026.
    static let standard = Catalog(locations: Location.standard, types: ServerType.standard, images: Image.standard)

    /// Returns the type of a reference, or throws 422.
    func type(_ reference: Reference) throws -> ServerType {
        guard let type = types.first(where: { reference.means(id: $0.id, name: $0.name) }) else {
            throw APIError.invalid("server_type", "server type \(reference.text) not found")
        }
        return type
    }

    /// Returns the location of a reference, or throws 422.
    func location(_ reference: Reference) throws -> Location {
        guard let location = locations.first(where: { reference.means(id: $0.id, name: $0.name) }) else {
            throw APIError.invalid("location", "location \(reference.text) not found")
        }
        return location
    }

    /// Returns the image of a reference for an architecture, or throws 422. A name refers to one image per
    /// architecture.
    func image(_ reference: Reference, architecture: String) throws -> Image {
        let named = images.filter { reference.means(id: $0.id, name: $0.name) }
        guard !named.isEmpty else { throw APIError.invalid("image", "image \(reference.text) not found") }
        guard let image = named.first(where: { $0.architecture == architecture }) else {
            throw APIError.invalid("image", "image architecture does not match server type architecture")
        }
        return image
    }
}

/// A data centre park.
struct Location: Sendable {
    let id: Int64
    let name: String
    let zone: String
    /// The JSON in responses.
    let json: JSONValue

    init(
        _ id: Int64, _ name: String, _ description: String, _ country: String, _ city: String, zone: String,
        at: (Double, Double)
    ) {
        self.id = id
        self.name = name
        self.zone = zone
        json = [
            "id": .integer(id), "name": .string(name), "description": .string(description), "country": .string(country),
            "city": .string(city), "latitude": .double(at.0), "longitude": .double(at.1), "network_zone": .string(zone),
        ]
    }

    static let standard = [
        Location(
            1, "fsn1", "Falkenstein DC Park 1", "DE", "Falkenstein", zone: "eu-central", at: (50.47612, 12.370071)),
        Location(2, "nbg1", "Nuremberg DC Park 1", "DE", "Nuremberg", zone: "eu-central", at: (49.452102, 11.076665)),
        Location(3, "hel1", "Helsinki DC Park 1", "FI", "Helsinki", zone: "eu-central", at: (60.169855, 24.938379)),
        Location(4, "ash", "Ashburn, VA", "US", "Ashburn, VA", zone: "us-east", at: (39.045821, -77.487073)),
        Location(5, "hil", "Hillsboro, OR", "US", "Hillsboro, OR", zone: "us-west", at: (45.54222, -122.951924)),
        Location(6, "sin", "Singapore", "SG", "Singapore", zone: "ap-southeast", at: (1.283333, 103.833333)),
    ]
}
