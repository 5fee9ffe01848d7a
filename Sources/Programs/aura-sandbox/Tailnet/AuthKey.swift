import FoundationEssentials
import JSON

/// A key with which nodes join the tailnet.
struct AuthKey: Sendable {
    let id: String
    let secret: String
    let created: Date
    let expirySeconds: Int64
    let isReusable: Bool
    let isEphemeral: Bool
    let isPreauthorized: Bool
    let tags: [String]
    let description: String
    /// The number of nodes that joined with the key.
    var uses = 0
    var revoked: Date?

    /// The maximum and default lifetime of keys: 90 days.
    static let longestSeconds: Int64 = 7_776_000

    /// The time from which the key admits no more nodes.
    var expires: Date { created + Double(expirySeconds) }

    /// True if a node may join with the key now.
    func admits(at now: Date) -> Bool { revoked == nil && now < expires && (isReusable || uses == 0) }

    /// Returns the JSON in responses; only the response to the creation contains the secret.
    func json(at now: Date, withSecret: Bool = false) -> JSONValue {
        var json: JSONValue = [
            "id": .string(id), "keyType": "auth", "created": .time(created), "expires": .time(expires),
            "expirySeconds": .integer(expirySeconds),
            "capabilities": [
                "devices": [
                    "create": [
                        "reusable": .bool(isReusable), "ephemeral": .bool(isEphemeral),
                        "preauthorized": .bool(isPreauthorized), "tags": .strings(tags),
                    ]
                ]
            ],
            "description": .string(description), "invalid": .bool(!admits(at: now)), "userId": "uSandbox1CNTRL",
        ]
        if withSecret { json["key"] = .string(secret) }
        if let revoked { json["revoked"] = .time(revoked) }
        return json
    }
}
