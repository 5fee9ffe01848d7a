import JSON

extension Stripe {
    /// `/events`.
    static let eventRoutes: [Route] = [
        route("GET", "/events") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(listNames.union(["type", "types", "delivery_success"]))
            let type = try arguments.text("type")
            let types = try arguments.texts("types")
            let isDelivered = try arguments.flag("delivery_success")
            let oldest = stripe.now - Event.lifetimeSeconds
            return try stripe.events.page(arguments, url: request.url, request.version) { event in
                event.created >= oldest && type.map { matches(event.type, $0) } ?? true
                    && types?.contains { matches(event.type, $0) } ?? true
                    && (isDelivered ?? (event.pending == 0)) == (event.pending == 0)
            }
        },
        route("GET", "/events/{id}") { stripe, request in
            let event = try stripe.events.get(request.id)
            guard event.created >= stripe.now - Event.lifetimeSeconds else {
                throw StripeError.missing("event", request.id)
            }
            return event.json(request.version)
        },
    ]

    /// Returns true if a type is the wanted one, or one of a group as `customer.subscription.*`.
    private static func matches(_ type: String, _ wanted: String) -> Bool {
        wanted.hasSuffix(".*") ? type.hasPrefix(wanted.dropLast()) : type == wanted
    }

    /// `/webhook_endpoints`.
    static let endpointRoutes: [Route] = [
        route("POST", "/webhook_endpoints") { stripe, request in
            let endpoint = try stripe.createEndpoint(request.arguments)
            var json = endpoint.json(request.version)
            json["secret"] = .string(endpoint.secrets[0].text)
            return json
        },
        route("GET", "/webhook_endpoints") { stripe, request in
            try request.arguments.allow(listNames)
            return try stripe.endpoints.page(request.arguments, url: request.url, request.version) { !$0.isDeleted }
        },
        route("GET", "/webhook_endpoints/{id}") { stripe, request in
            try stripe.endpoint(request.id).json(request.version)
        },
        route("POST", "/webhook_endpoints/{id}") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(["url", "enabled_events", "disabled", "description", "metadata"])
            var endpoint = try stripe.endpoint(request.id)
            if arguments.has("url") { endpoint.url = try url(arguments) }
            endpoint.enabledEvents = try arguments.texts("enabled_events") ?? endpoint.enabledEvents
            endpoint.isDisabled = try arguments.flag("disabled") ?? endpoint.isDisabled
            endpoint.description = try arguments.text("description") ?? endpoint.description
            endpoint.metadata = try arguments.metadata(changing: endpoint.metadata)
            stripe.endpoints.put(endpoint)
            return endpoint.json(request.version)
        },
        route("DELETE", "/webhook_endpoints/{id}") { stripe, request in
            var endpoint = try stripe.endpoint(request.id)
            endpoint.isDeleted = true
            stripe.endpoints.put(endpoint)
            return ["id": .string(request.id), "object": "webhook_endpoint", "deleted": true]
        },
    ]

    /// Returns an endpoint that is not deleted, or throws 404.
    func endpoint(_ id: String) throws -> WebhookEndpoint {
        let endpoint = try endpoints.get(id)
        guard !endpoint.isDeleted else { throw StripeError.missing(WebhookEndpoint.kind, id) }
        return endpoint
    }

    private mutating func createEndpoint(_ arguments: StripeArguments) throws -> WebhookEndpoint {
        try arguments.allow(["url", "enabled_events", "api_version", "description", "metadata", "connect"])
        guard endpoints.all.count(where: { !$0.isDeleted }) < WebhookEndpoint.limit else {
            throw StripeError.invalid(
                nil, "You have reached the maximum of \(WebhookEndpoint.limit) test webhook endpoints.")
        }
        guard let types = try arguments.texts("enabled_events"), !types.isEmpty else {
            throw arguments.missing("enabled_events")
        }
        let version = try arguments.text("api_version").map { text in
            guard let version = StripeVersion(text) else {
                throw StripeError.invalid("api_version", "Invalid API version: \(text)")
            }
            return version
        }
        let endpoint = WebhookEndpoint(
            id: newID("we_1"), created: now, url: try Self.url(arguments), enabledEvents: types, version: version,
            description: try arguments.text("description"), metadata: try arguments.metadata(),
            secrets: [.init(text: newID("whsec_", length: 32))])
        endpoints.put(endpoint)
        return endpoint
    }

    private static func url(_ arguments: StripeArguments) throws -> String {
        let url = try arguments.required("url")
        guard url.hasPrefix("http://") || url.hasPrefix("https://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw StripeError.invalid("url", "Invalid URL: An explicit scheme (such as https) must be provided.")
        }
        return url
    }
}
