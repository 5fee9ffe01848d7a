public import AuraModel
public import DriverKit
public import HTTPClient
import JSON
public import Logging

public struct TailscaleSettings: Sendable {
    public var clientID: String
    public var clientSecret: Secret
    public var tags: [String]
    public var endpoint = "https://api.tailscale.com/api/v2"
    public var ephemeralNodes = false
    public init(clientID: String, clientSecret: Secret, tags: [String]) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.tags = tags
    }
}

public struct TailscaleNetwork: NetworkDriver {
    let settings: TailscaleSettings
    let http: any HTTPTransport
    public init(
        settings: TailscaleSettings, http: any HTTPTransport, time: any TimeSource, random: any RandomSource, log: Logger
    ) {
        self.settings = settings
        self.http = http
    }
    private func call(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue? {
        let form = "client_id=\(settings.clientID)&client_secret=\(settings.clientSecret.reveal())&grant_type=client_credentials"
        let token = try await send("POST", "/oauth/token", ["Content-Type": "application/x-www-form-urlencoded"], Array(form.utf8))
        return try await send(
            method, path, ["Authorization": "Bearer \(token?["access_token"]?.stringValue ?? "")", "Content-Type": "application/json"],
            body?.serialized())
    }
    private func send(_ m: String, _ p: String, _ h: [String: String], _ b: [UInt8]?) async throws -> JSONValue? {
        let r: HTTPResponse
        do {
            r = try await http.send(
                HTTPRequest(HTTPMethod(rawValue: m)!, settings.endpoint + p, headers: HTTPHeaders(h.map { .init(name: $0.key, value: $0.value) }), body: b ?? [], timeout: .seconds(30), cancellation: .finish))
        } catch { throw Failure(.transient, code: "x", message: "\(error)") }
        if r.status == 404 { return nil }
        guard r.status < 300 else { throw Failure(.transient, code: "tailscale\(r.status)", message: String(decoding: r.body, as: UTF8.self)) }
        return r.body.isEmpty ? .null : try JSONValue(parsing: r.body)
    }
    public func mintKey(_ specification: EnrolmentKeySpecification) async throws -> EnrolmentKey {
        let v = try await call("POST", "/tailnet/-/keys", [
            "capabilities": ["devices": ["create": ["reusable": false, "ephemeral": .bool(settings.ephemeralNodes), "preauthorized": true, "tags": .array(settings.tags.map { .string($0) })]]],
            "expirySeconds": .integer(specification.lifetime.wholeMilliseconds / 1000), "description": .string(String(specification.description.prefix(50))),
        ])
        return EnrolmentKey(id: v?["id"]?.stringValue ?? "", secret: Secret(v?["key"]?.stringValue ?? ""))
    }
    public func revokeKey(id: String) async throws { _ = try await call("DELETE", "/tailnet/-/keys/\(id)") }
    public func device(nodeID: String) async throws -> NetworkDevice? { try await call("GET", "/device/\(nodeID)").map(Self.device) }
    public func devices(hostname: String) async throws -> [NetworkDevice] {
        (try await call("GET", "/tailnet/-/devices")?["devices"]?.arrayValue ?? []).map(Self.device).filter { $0.hostname == hostname }
    }
    public func deleteDevice(nodeID: String) async throws { _ = try await call("DELETE", "/device/\(nodeID)") }
    private static func device(_ v: JSONValue) -> NetworkDevice {
        NetworkDevice(nodeID: v["nodeId"]?.stringValue ?? "", hostname: v["hostname"]?.stringValue ?? "", name: v["name"]?.stringValue ?? "", addresses: [], tags: [], isAuthorized: true)
    }
}
