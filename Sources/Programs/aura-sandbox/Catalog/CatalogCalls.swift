import JSON

/// The read-only routes of the catalogue.
enum CatalogCalls {
    static let routes: [Route] = [
        Route("GET", "/v1/locations") { cloud, call in
            try named(cloud.catalog.locations.map { ($0.id, $0.name, $0.json) }, "locations", call)
        },
        Route("GET", "/v1/locations/{id}") { cloud, call in
            try one(cloud.catalog.locations.map { ($0.id, $0.json) }, "location", call)
        },
        Route("GET", "/v1/server_types") { cloud, call in
            let types = cloud.catalog.types.map { type in
                let retired = type.retired(cloud.settings)
                return (type.id, type.name, retired.isEmpty ? type.json : type.json(retired: retired))
            }
            return try named(types, "server_types", call)
        },
        Route("GET", "/v1/server_types/{id}") { cloud, call in
            try one(cloud.catalog.types.map { ($0.id, $0.json) }, "server_type", call)
        },
        Route("GET", "/v1/images") { cloud, call in try images(cloud.catalog.images, call) },
        Route("GET", "/v1/images/{id}") { cloud, call in
            try one(cloud.catalog.images.map { ($0.id, $0.json) }, "image", call)
        },
        Route("GET", "/v1/pricing") { cloud, _ in Answer(200, Pricing.json(cloud.catalog)) },
        Route("GET", "/v1/datacenters") { _, _ in throw gone },
        Route("GET", "/v1/datacenters/{id}") { _, _ in throw gone },
    ]

    /// The response of the datacenter endpoints since 1 October 2026.
    private static let gone = APIError(
        status: 410, code: "deprecated_api_endpoint", message: "the datacenters endpoints were removed",
        details: ["announcement": "https://docs.hetzner.cloud/changelog#2025-12-16-phasing-out-datacenters"])

    private static func named(_ items: [(id: Int64, name: String, json: JSONValue)], _ field: String, _ call: Call)
        throws
        -> Answer
    {
        let wanted = call.first("name")
        return try Page(call).answer(items.filter { wanted == nil || $0.name == wanted }, field, call) { $0.json }
    }

    private static func one(_ items: [(id: Int64, json: JSONValue)], _ field: String, _ call: Call) throws -> Answer {
        let id = try call.id(of: field)
        guard let item = items.first(where: { $0.id == id }) else { throw APIError.notFound(field, String(id)) }
        return Answer(200, [field: item.json])
    }

    private static func images(_ images: [Image], _ call: Call) throws -> Answer {
        let architectures = call.all("architecture")
        let types = call.all("type")
        let found = images.filter { image in
            (call.first("name").map { $0 == image.name } ?? true)
                && (architectures.isEmpty || architectures.contains(image.architecture))
                && (types.isEmpty || types.contains("system")) && call.first("bound_to") == nil
                && (call.first("label_selector") ?? "").isEmpty
        }
        return try Page(call).answer(found, "images", call) { $0.json }
    }
}
