public import AuraModel
public import DriverKit
internal import DriverREST
public import HTTPClient
internal import JSON
public import Logging

/// A tailnet, over Tailscale's API with an OAuth client.
///
/// Facts: `facts/tailscale.md`. A lost answer to minting leaves a key that expires by itself within minutes, so minting
/// is safe to repeat; deleting what is gone is done.
public struct TailscaleNetwork: NetworkDriver {
    private let settings: TailscaleSettings
    private let api: TailscaleAPI

    public init(settings: TailscaleSettings, http: any HTTPTransport, time: any TimeSource, log: Logger) {
        self.settings = settings
        api = TailscaleAPI(
            settings: settings, http: http, tokens: TokenCache(settings: settings, http: http, time: time),
            permits: Permits(settings.maximumConcurrentRequests), log: log)
    }

    public func mintKey(_ specification: EnrolmentKeySpecification) async throws -> EnrolmentKey {
        let create: JSONValue = [
            "reusable": false, "ephemeral": .bool(settings.ephemeralNodes), "preauthorized": true,
            "tags": .array(settings.tags.map { .string($0) }),
        ]
        let call = TailscaleCall(
            method: .post, path: "/tailnet/-/keys",
            body: [
                "capabilities": ["devices": ["create": create]],
                "expirySeconds": .integer(max(specification.lifetime.wholeMilliseconds / 1000, 1)),
                "description": .string(Self.description(specification.description)),
            ], what: "mint a key for \(specification.description)")
        let answer = try await api.send(call)
        guard let id = answer?["id"]?.stringValue, let secret = answer?["key"]?.stringValue else {
            throw Failure(.transient, code: "providerAnswer", message: "cannot \(call.what): the tailnet's answer holds no key")
        }
        return EnrolmentKey(id: id, secret: Secret(secret))
    }

    public func revokeKey(id: String) async throws {
        _ = try await api.send(
            TailscaleCall(method: .delete, path: "/tailnet/-/keys/\(Query.escape(id))", what: "revoke the key \(id)"))
    }

    public func device(nodeID: String) async throws -> NetworkDevice? {
        let call = TailscaleCall(
            method: .get, path: "/device/\(Query.escape(nodeID))", what: "read the device \(nodeID)")
        return try await api.send(call).flatMap(Self.device)
    }

    public func devices(hostname: String) async throws -> [NetworkDevice] {
        let call = TailscaleCall(method: .get, path: "/tailnet/-/devices", what: "list the devices of the tailnet")
        guard let listed = try await api.send(call)?["devices"]?.arrayValue else {
            throw Failure(.transient, code: "providerAnswer", message: "cannot \(call.what): the answer holds no list")
        }
        return listed.compactMap(Self.device).filter { $0.hostname == hostname }
    }

    public func deleteDevice(nodeID: String) async throws {
        _ = try await api.send(
            TailscaleCall(
                method: .delete, path: "/device/\(Query.escape(nodeID))", what: "delete the device \(nodeID)"))
    }

    /// Letters, digits, hyphen, underscore and blank, 50 at most: anything else is refused.
    private static func description(_ text: String) -> String {
        let kept = text.unicodeScalars.prefix(50).map { scalar in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || "-_ ".unicodeScalars.contains(scalar) ? Character(scalar) : "-"
        }
        return String(kept)
    }

    private static func device(_ value: JSONValue) -> NetworkDevice? {
        guard let nodeID = value["nodeId"]?.stringValue, let hostname = value["hostname"]?.stringValue else { return nil }
        return NetworkDevice(
            nodeID: nodeID, hostname: hostname, name: value["name"]?.stringValue ?? hostname,
            addresses: (value["addresses"]?.arrayValue ?? []).compactMap(\.stringValue),
            tags: (value["tags"]?.arrayValue ?? []).compactMap(\.stringValue),
            isAuthorized: value["authorized"]?.boolValue ?? true)
    }
}
