import JSON

/// `/tailnet/-/keys`.
enum AuthKeyCalls {
    static let routes: [Route] = [
        Route("POST", "/api/v2/tailnet/{tailnet}/keys", create),
        Route("GET", "/api/v2/tailnet/{tailnet}/keys") { cloud, call in
            try checkTailnet(call)
            let valid = cloud.tailnet.keys.filter { $0.admits(at: cloud.now) }
            return Answer(200, ["keys": .array(valid.map { ["id": .string($0.id)] })])
        },
        Route("GET", "/api/v2/tailnet/{tailnet}/keys/{key}") { cloud, call in
            Answer(200, cloud.tailnet.keys[try place(cloud, call)].json(at: cloud.now))
        },
        Route("DELETE", "/api/v2/tailnet/{tailnet}/keys/{key}") { cloud, call in
            let place = try place(cloud, call)
            cloud.tailnet.keys[place].revoked = cloud.tailnet.keys[place].revoked ?? cloud.now
            return Answer(200)
        },
    ]

    /// Throws 404 unless the path names the tailnet of the token: `-` or its domain.
    static func checkTailnet(_ call: Call) throws {
        guard ["-", Tailnet.domain].contains(call.parameter("tailnet")) else {
            throw APIError.tailnet(404, "tailnet not found")
        }
    }

    private static func place(_ cloud: Cloud, _ call: Call) throws -> Int {
        try checkTailnet(call)
        guard let place = cloud.tailnet.keys.firstIndex(where: { $0.id == call.parameter("key") }) else {
            throw APIError.tailnet(404, "key not found")
        }
        return place
    }

    private struct Body: Decodable {
        struct Capabilities: Decodable { var devices: Devices }
        struct Devices: Decodable { var create: Create }
        struct Create: Decodable {
            var reusable: Bool?
            var ephemeral: Bool?
            var preauthorized: Bool?
            var tags: [String]?
        }

        var keyType: String?
        var capabilities: Capabilities
        var expirySeconds: Int64?
        var description: String?
    }

    @Sendable private static func create(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        try checkTailnet(call)
        let body = try decode(call)
        guard ["auth", nil].contains(body.keyType) else { throw APIError.tailnet(400, "unsupported key type") }
        let wanted = body.capabilities.devices.create
        let tags = wanted.tags ?? []
        try check(tags, cloud.settings)
        let seconds = body.expirySeconds ?? AuthKey.longestSeconds
        guard (1...AuthKey.longestSeconds).contains(seconds) else {
            throw APIError.tailnet(400, "invalid expiry: must be between 1 second and 90 days")
        }
        let description = body.description ?? ""
        guard isDescription(description) else {
            throw APIError.tailnet(
                400, "invalid description: at most 50 letters, digits, hyphens, underscores and blanks")
        }
        guard cloud.tailnet.keys.count < 200_000 else { throw APIError.tailnet(403, "too many keys") }
        let id = "k\(cloud.random.word(10))CNTRL"
        let key = AuthKey(
            id: id, secret: "tskey-auth-\(id)-\(cloud.random.word(28))", created: cloud.now, expirySeconds: seconds,
            isReusable: wanted.reusable ?? false, isEphemeral: wanted.ephemeral ?? false,
            isPreauthorized: wanted.preauthorized ?? false, tags: tags, description: description)
        cloud.tailnet.keys.append(key)
        return Answer(200, key.json(at: cloud.now, withSecret: true))
    }

    private static func decode(_ call: Call) throws -> Body {
        do {
            return try call.decode(Body.self)
        } catch let error as APIError {
            throw APIError.tailnet(400, error.message)
        }
    }

    /// Throws 400 unless the tags are the client's complete set of tags, or only tags of `ownedTags`.
    private static func check(_ tags: [String], _ settings: Settings) throws {
        let asked = Set(tags)
        let isWhole = asked == Set(settings.clientTags)
        let isOwned = !asked.isEmpty && asked.isSubset(of: settings.ownedTags)
        guard isWhole || isOwned else {
            throw APIError.tailnet(400, "requested tags [\(tags.joined(separator: " "))] are invalid or not permitted")
        }
    }

    private static func isDescription(_ text: String) -> Bool {
        text.utf8.count <= 50 && text.utf8.allSatisfy { HostName.isAlphanumeric($0) || "-_ ".utf8.contains($0) }
    }
}
