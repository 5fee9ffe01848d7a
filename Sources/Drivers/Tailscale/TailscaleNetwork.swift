public import AuraModel
public import DriverKit
internal import DriverREST
public import HTTPClient
internal import JSON
public import Logging

/// A driver for a tailnet, over Tailscale's API and an OAuth client.
///
/// Codes: `badRequest`, `unauthorized`, `forbidden`, `notFound`, `notOurs`, `rateLimited`, `providerFault`,
/// `providerAnswer`, `invalidIdentifier`, and the codes of a call without a response. A key whose reply was lost
/// expires unused, so the creation of a key is never ambiguous.
public final class TailscaleNetwork: NetworkDriver {
    private let settings: TailscaleSettings
    private let api: RESTClient
    private let log: Logger

    public var machineTags: Set<String> { Set(settings.tags) }

    /// Creates a driver.
    public init(
        settings: TailscaleSettings, http: any HTTPTransport, time: any TimeSource, random: any RandomSource,
        log: Logger
    ) {
        self.settings = settings
        self.log = log
        api = RESTClient.tailscale(settings, http: http, time: time, random: random, log: log)
    }

    public func mintKey(_ specification: EnrolmentKeySpecification) async throws -> EnrolmentKey {
        let description = EnrolmentKeyDescription.clean(specification.description)
        let what = "mint a key for \(description)"
        let create: JSONValue = [
            "reusable": false, "ephemeral": .bool(settings.ephemeralNodes), "preauthorized": true,
            "tags": .array(settings.tags.map(JSONValue.string)),
        ]
        let seconds = min(max(specification.lifetime.wholeMilliseconds / 1000, 1), 90 * 86_400)
        let body: JSONValue = [
            "capabilities": ["devices": ["create": create]], "expirySeconds": .integer(seconds),
            "description": .string(description),
        ]
        // A key whose reply was lost expires unused, so the call may be sent twice.
        let answer = try await api.send(
            RESTCall(.post, "/tailnet/\(tailnet)/keys", body: .json(body), what: what, effect: .repeatable))
        guard let id = answer["id"]?.stringValue, let key = answer["key"]?.stringValue, !id.isEmpty, !key.isEmpty else {
            throw Failure(.transient, code: "providerAnswer", message: "cannot \(what): there is none in the answer")
        }
        return EnrolmentKey(
            id: id, secret: Secret(key), created: answer["created"]?.stringValue.flatMap(Timestamp.init))
    }

    public func revokeKey(id: String) async throws {
        let path = "/tailnet/\(tailnet)/keys/\(try Self.segment(id, of: "key"))"
        try await api.find(RESTCall(.delete, path, what: "revoke key \(id)"))
    }

    public func device(nodeID: String) async throws -> NetworkDevice? {
        let path = "/device/\(try Self.segment(nodeID, of: "device"))"
        let what = "read device \(nodeID)"
        return try await api.find(RESTCall(.get, path, what: what)).map { value in
            try Self.device(value, what)
        }
    }

    public func devices(hostname: String) async throws -> [NetworkDevice] {
        try await devices().filter { $0.isNamed(hostname) }
    }

    /// Returns all devices from one response, because the API's lists have no pages (`facts/tailscale.md`).
    ///
    /// A device without an id can be neither read nor deleted. It is skipped, and the log reports the number of skipped
    /// devices.
    public func devices() async throws -> [NetworkDevice] {
        let what = "list devices"
        let call = RESTCall(.get, "/tailnet/\(tailnet)/devices", what: what)
        guard let devices = try await api.send(call)["devices"]?.arrayValue else {
            throw Failure(.transient, code: "providerAnswer", message: "cannot \(what): there is no list in the answer")
        }
        let readable = devices.compactMap { try? Self.device($0, what) }
        if readable.count < devices.count {
            log.warning(
                "the tailnet lists devices without an id, they are skipped",
                metadata: ["skipped": "\(devices.count - readable.count)"])
        }
        return readable
    }

    public func deleteDevice(nodeID: String) async throws {
        let path = "/device/\(try Self.segment(nodeID, of: "device"))"
        try await api.find(RESTCall(.delete, path, what: "delete device \(nodeID)"))
    }

    private var tailnet: String { Query.escape(settings.tailnet) }

    /// Returns the id unchanged. Throws if it has other characters than letters, digits and hyphens, because it becomes
    /// a part of a path.
    private static func segment(_ id: String, of noun: String) throws(Failure) -> String {
        let isPlain = id.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
        }
        guard isPlain, !id.isEmpty, id.utf8.count <= 100 else {
            throw Failure(
                .permanent, code: "invalidIdentifier",
                message: "cannot read the \(noun) id \(PlainText.clean(id, limitBytes: 40)): "
                    + "it holds other characters than letters, digits and hyphens")
        }
        return id
    }

    private static func device(_ value: JSONValue, _ what: String) throws(Failure) -> NetworkDevice {
        guard let id = value["nodeId"]?.stringValue ?? value["id"]?.stringValue, !id.isEmpty else {
            throw Failure(.transient, code: "providerAnswer", message: "cannot \(what): a device has no id")
        }
        let plain = { (value: JSONValue) in value.stringValue.map { PlainText.clean($0) } }
        let name = value["name"].flatMap(plain) ?? ""
        let texts = { (member: String) in (value[member]?.arrayValue ?? []).compactMap(plain) }
        return NetworkDevice(
            nodeID: PlainText.clean(id), hostname: value["hostname"].flatMap(plain) ?? "",
            name: name.hasSuffix(".") ? String(name.dropLast()) : name, addresses: texts("addresses"),
            tags: texts("tags"), isAuthorized: value["authorized"]?.boolValue ?? false,
            obstacle: obstacle(value), created: value["created"]?.stringValue.flatMap(Timestamp.init),
            isExternal: value["isExternal"]?.boolValue ?? false)
    }

    /// Returns the obstacle of a device. Device approval and tailnet lock let a device join but give it no peers. An
    /// absent member counts as no obstacle.
    private static func obstacle(_ value: JSONValue) -> DeviceObstacle? {
        if value["authorized"] == false {
            return DeviceObstacle(
                code: "deviceNotAuthorized",
                message: "the tailnet's device approval keeps it out: approve the device in the admin console, "
                    + "or let pre-approved keys pass")
        }
        guard let reason = value["tailnetLockError"]?.stringValue, !reason.isEmpty else { return nil }
        return DeviceObstacle(
            code: "deviceLockedOut",
            message: "tailnet lock keeps it out (\(PlainText.clean(reason, limitBytes: 200))): "
                + "sign the node on a signing device, with tailscale lock sign \(nodeKey(value))")
    }

    /// Returns the node key, which an operator copies into a shell, or a placeholder if it has unexpected characters.
    private static func nodeKey(_ value: JSONValue) -> String {
        let key = value["nodeKey"]?.stringValue ?? ""
        let isPlain = key.utf8.allSatisfy { byte in
            (0x30...0x3A).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return isPlain && key.hasPrefix("nodekey:") && key.utf8.count <= 100 ? key : "NODEKEY"
    }
}

/// The description of a key. Tailscale accepts at most 50 letters, digits, hyphens, underscores and spaces.
enum EnrolmentKeyDescription {
    static func clean(_ text: String) -> String {
        let kept = text.unicodeScalars.prefix(50).map { scalar -> Character in
            switch scalar.value {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F, 0x20: Character(scalar)
            default: "-"
            }
        }
        return kept.isEmpty ? "aura" : String(kept)
    }
}
