import FoundationEssentials
import JSON

/// The keys, nodes and access tokens of a tailnet.
struct Tailnet: Sendable {
    /// An OAuth access token.
    struct Token: Sendable {
        let expires: Date
        let scopes: Set<String>
    }

    var tokens: [String: Token] = [:]
    var keys: [AuthKey] = []
    var devices: [Device] = []
    /// Nodes that were deleted, and ephemeral nodes that logged out or were disconnected for too long.
    private(set) var goneDevices: [Device] = []
    private var addresses = AddressPool(first: 0x6440_0002, count: (1 << 22) - 4)
    private static let limit = 100_000

    /// The domain of the nodes' names.
    static let domain = "tail1234.ts.net"

    /// Adds a token and removes expired ones. Beyond 1,000 tokens, also removes the one that expires first.
    mutating func add(_ token: Token, named name: String, now: Date) {
        tokens = tokens.filter { $0.value.expires > now }
        if tokens.count >= 1_000, let oldest = tokens.min(by: { $0.value.expires < $1.value.expires }) {
            tokens[oldest.key] = nil
        }
        tokens[name] = token
    }

    /// Returns a free pair of addresses, or `nil` if all are in use.
    mutating func takeAddresses() -> [String]? {
        guard let address = addresses.take(), let number = AddressPool.number(address) else { return nil }
        return [address, "fd7a:115c:a1e0::\(String(number >> 16, radix: 16)):\(String(number & 0xFFFF, radix: 16))"]
    }

    /// Returns the host name, or the host name with the first free suffix.
    func freeName(_ hostname: String) -> String {
        let taken = Set(devices.map(\.label))
        if !taken.contains(hostname) { return hostname }
        for suffix in 1...taken.count where !taken.contains("\(hostname)-\(suffix)") { return "\(hostname)-\(suffix)" }
        return "\(hostname)-\(taken.count + 1)"
    }

    /// Returns the index of the node with this node id or numeric id.
    func place(of id: String) -> Int? { devices.firstIndex { $0.nodeID == id || $0.id == id } }

    /// Returns the nodes that existed at an earlier time.
    func devices(at time: Date) -> [Device] {
        (goneDevices.filter { $0.gone.map { $0 > time } ?? false } + devices).filter { $0.created <= time }
    }

    /// Removes a node.
    mutating func remove(at place: Int, now: Date) {
        var device = devices.remove(at: place)
        device.gone = now
        if let address = device.addresses.first { addresses.release(address) }
        if goneDevices.count >= Self.limit { goneDevices.removeFirst(Self.limit / 10) }
        goneDevices.append(device)
    }
}

/// A node of the tailnet.
struct Device: Sendable {
    let id: String
    let nodeID: String
    let hostname: String
    /// The first label of the node's MagicDNS name.
    var label: String
    let addresses: [String]
    var tags: [String]
    let created: Date
    let isEphemeral: Bool
    var isAuthorized: Bool
    var isExternal = false
    /// True if tailnet lock is on and the node's key is not signed.
    var isLockedOut = false
    var keyExpiryDisabled = true
    /// The id of the sandbox's server on which the node runs, if known.
    let server: Int64?
    /// The time from which Tailscale's API returns the node.
    let visibleFrom: Date
    /// The time of the last contact, if the node has lost its connection.
    var silentSince: Date?
    /// True if the node has logged out: it stays disconnected, even while its server runs.
    var isLoggedOut = false
    /// The time at which the node left the tailnet.
    var gone: Date?

    /// The MagicDNS name.
    var name: String { "\(label).\(Tailnet.domain)" }

    /// The JSON in responses.
    var json: JSONValue {
        [
            "id": .string(id), "nodeId": .string(nodeID), "name": .string(name), "hostname": .string(hostname),
            "addresses": .strings(addresses), "user": "tagged-devices", "tags": .strings(tags), "os": "linux",
            "clientVersion": "1.90.1", "updateAvailable": false, "created": .time(created),
            "lastSeen": .time(silentSince), "connectedToControl": .bool(silentSince == nil),
            "expires": .time(created + 15_552_000), "keyExpiryDisabled": .bool(keyExpiryDisabled),
            "authorized": .bool(isAuthorized), "isExternal": .bool(isExternal), "isEphemeral": .bool(isEphemeral),
            "blocksIncomingConnections": false, "machineKey": .string(isExternal ? "" : "mkey:\(id)"),
            "nodeKey": .string("nodekey:\(id)"),
            "tailnetLockError": .string(isLockedOut ? "missing node key signature" : ""),
            "tailnetLockKey": .string("nlpub:\(id)"),
        ]
    }
}

extension Cloud {
    /// Records the nodes that lost their connection, and removes ephemeral nodes that were disconnected for too long.
    mutating func refreshNodes() {
        for place in tailnet.devices.indices.reversed() {
            guard let server = tailnet.devices[place].server else { continue }
            if servers[server]?.status == .running, !tailnet.devices[place].isLoggedOut {
                tailnet.devices[place].silentSince = nil
                continue
            }
            let since = tailnet.devices[place].silentSince ?? now
            tailnet.devices[place].silentSince = since
            if tailnet.devices[place].isEphemeral, now.timeIntervalSince(since) >= settings.ephemeralSeconds {
                tailnet.remove(at: place, now: now)
            }
        }
    }
}
