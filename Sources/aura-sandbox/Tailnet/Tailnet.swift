/// A tailnet's keys, nodes and access tokens.
struct Tailnet: Sendable {
    /// An OAuth access token.
    struct Token: Sendable {
        let expires: Instant
        let scopes: Set<String>
    }

    var tokens: [String: Token] = [:]
    var keys: [AuthKey] = []
    var devices: [Device] = []
    /// Nodes that were deleted, logged out or expired.
    private(set) var goneDevices: [Device] = []
    private var addresses = AddressPool(first: 0x6440_0002, count: (1 << 22) - 4)
    private static let limit = 100_000

    /// What the nodes' names end in.
    static let domain = "tail1234.ts.net"

    /// Remembers a token; the oldest beyond a thousand is forgotten.
    mutating func add(_ token: Token, named name: String, now: Instant) {
        tokens = tokens.filter { $0.value.expires > now }
        if tokens.count >= 1_000, let oldest = tokens.min(by: { $0.value.expires < $1.value.expires }) {
            tokens[oldest.key] = nil
        }
        tokens[name] = token
    }

    /// A free address pair, or nil when all are taken.
    mutating func takeAddresses() -> [String]? {
        guard let address = addresses.take(), let number = AddressPool.number(address) else { return nil }
        return [address, "fd7a:115c:a1e0::\(String(number >> 16, radix: 16)):\(String(number & 0xFFFF, radix: 16))"]
    }

    /// The host name itself, or with the first suffix that is free.
    func freeName(_ hostname: String) -> String {
        let taken = Set(devices.map(\.label))
        if !taken.contains(hostname) { return hostname }
        for suffix in 1...taken.count where !taken.contains("\(hostname)-\(suffix)") { return "\(hostname)-\(suffix)" }
        return "\(hostname)-\(taken.count + 1)"
    }

    /// The place of the node with that node id or that numeric id.
    func place(of id: String) -> Int? { devices.firstIndex { $0.nodeID == id || $0.id == id } }

    /// The nodes that were there at an earlier time.
    func devices(at time: Instant) -> [Device] {
        (goneDevices.filter { $0.gone.map { $0 > time } ?? false } + devices).filter { $0.created <= time }
    }

    /// Takes a node out.
    mutating func remove(at place: Int, now: Instant) {
        var device = devices.remove(at: place)
        device.gone = now
        if let address = device.addresses.first { addresses.release(address) }
        if goneDevices.count >= Self.limit { goneDevices.removeFirst(Self.limit / 10) }
        goneDevices.append(device)
    }
}

/// A node.
struct Device: Sendable {
    let id: String
    let nodeID: String
    let hostname: String
    /// The first label of its MagicDNS name.
    var label: String
    let addresses: [String]
    var tags: [String]
    let created: Instant
    let isEphemeral: Bool
    var isAuthorized: Bool
    var isExternal = false
    /// Tailnet lock is on, and nobody signed its key.
    var isLockedOut = false
    var keyExpiryDisabled = true
    /// The sandbox's server on which it runs, where that is known.
    let server: Int64?
    /// From when lists show it.
    let visibleFrom: Instant
    /// Since when nothing was heard of it.
    var silentSince: Instant?
    /// It logged out: nothing is heard of it again, even while its server runs.
    var isLoggedOut = false
    /// When it left the tailnet.
    var gone: Instant?

    /// Its MagicDNS name.
    var name: String { "\(label).\(Tailnet.domain)" }

    /// The answer's text.
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
    /// Notes which nodes have fallen silent, and drops the ephemeral ones that were silent too long.
    mutating func refreshNodes() {
        for place in tailnet.devices.indices.reversed() {
            guard let server = tailnet.devices[place].server else { continue }
            if servers[server]?.status == .running, !tailnet.devices[place].isLoggedOut {
                tailnet.devices[place].silentSince = nil
                continue
            }
            let since = tailnet.devices[place].silentSince ?? now
            tailnet.devices[place].silentSince = since
            if tailnet.devices[place].isEphemeral, now - since >= settings.ephemeralSeconds {
                tailnet.remove(at: place, now: now)
            }
        }
    }
}
