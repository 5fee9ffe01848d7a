/// A key with which nodes join.
struct AuthKey: Sendable {
    let id: String
    let secret: String
    let created: Instant
    let expirySeconds: Int64
    let isReusable: Bool
    let isEphemeral: Bool
    let isPreauthorized: Bool
    let tags: [String]
    let description: String
    /// How many nodes joined with it.
    var uses = 0
    var revoked: Instant?

    /// The longest life, and the one of keys that ask for none: 90 days.
    static let longestSeconds: Int64 = 7_776_000

    /// When it stops to admit nodes.
    var expires: Instant { created + Double(expirySeconds) }

    /// Whether a node may join with it now.
    func admits(at now: Instant) -> Bool { revoked == nil && now < expires && (isReusable || uses == 0) }

    /// The answer's text; the secret only stands in the one to its creation.
    func json(at now: Instant, withSecret: Bool = false) -> JSONValue {
        var fields: [(String, JSONValue)] = [
            ("id", .string(id)), ("keyType", "auth"), ("created", .time(created)), ("expires", .time(expires)),
            ("expirySeconds", .int(expirySeconds)),
            (
                "capabilities",
                [
                    "devices": [
                        "create": [
                            "reusable": .bool(isReusable), "ephemeral": .bool(isEphemeral),
                            "preauthorized": .bool(isPreauthorized), "tags": .strings(tags),
                        ]
                    ]
                ]
            ),
            ("description", .string(description)), ("invalid", .bool(!admits(at: now))), ("userId", "uSandbox1CNTRL"),
        ]
        if withSecret { fields.append(("key", .string(secret))) }
        if let revoked { fields.append(("revoked", .time(revoked))) }
        return .object(fields)
    }
}
