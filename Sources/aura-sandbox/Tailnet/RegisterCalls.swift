/// The pretended control plane with which the hosts' stand-in `tailscale` talks; it also listens where hosts reach it.
enum RegisterCalls {
    static let routes: [Route] = [
        Route("POST", "/_sandbox/tailnet/register", register),
        Route("POST", "/_sandbox/tailnet/logout", logout),
    ]

    private struct Registration: Decodable {
        var authKey: String
        var hostname: String
        /// The device under which the machine is known already: it logs in again, and stays that device.
        var nodeId: String?
        /// A node that another tailnet shares with this one; only tests say so.
        var external: Bool?
    }

    private struct Logout: Decodable { var nodeId: String }

    /// Admits a node by its key. A one-off key is spent by the first node.
    @Sendable private static func register(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(Registration.self)
        guard let place = cloud.tailnet.keys.firstIndex(where: { $0.secret == body.authKey }),
            cloud.tailnet.keys[place].admits(at: cloud.now)
        else { throw APIError.tailnet(401, "invalid key: unable to validate API key") }
        let key = cloud.tailnet.keys[place]
        if let known = body.nodeId.flatMap({ cloud.tailnet.place(of: $0) }) {
            cloud.tailnet.keys[place].uses += 1
            cloud.tailnet.devices[known].isLoggedOut = false
            cloud.tailnet.devices[known].tags = key.tags
            return description(of: cloud.tailnet.devices[known])
        }
        guard let addresses = cloud.tailnet.takeAddresses() else { throw APIError.tailnet(503, "no address is free") }
        cloud.tailnet.keys[place].uses += 1
        let label = label(body.hostname)
        var device = Device(
            id: "92\(cloud.ids.nextOther())", nodeID: "n\(cloud.dice.word(11))CNTRL", hostname: label,
            label: cloud.tailnet.freeName(label), addresses: addresses, tags: key.tags, created: cloud.now,
            isEphemeral: key.isEphemeral,
            isAuthorized: !cloud.settings.approvalForAll && (key.isPreauthorized || !cloud.settings.deviceApproval),
            server: call.peer.flatMap { cloud.servers.at(address: $0) }?.id,
            visibleFrom: cloud.now + (cloud.interference.deviceDelaySeconds ?? 0))
        device.isExternal = body.external ?? false
        device.isLockedOut = cloud.settings.tailnetLock
        cloud.tailnet.devices.append(device)
        return description(of: device)
    }

    /// What a node learns of itself.
    private static func description(of device: Device) -> Answer {
        Answer(
            200,
            [
                "nodeId": .string(device.nodeID), "id": .string(device.id), "name": .string(device.name),
                "addresses": .strings(device.addresses), "tags": .strings(device.tags),
                "authorized": .bool(device.isAuthorized),
            ])
    }

    /// An ephemeral node that logs out is gone; another one only falls silent.
    @Sendable private static func logout(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(Logout.self)
        guard let place = cloud.tailnet.place(of: body.nodeId) else { throw APIError.tailnet(404, "no such node") }
        if cloud.tailnet.devices[place].isEphemeral {
            cloud.tailnet.remove(at: place, now: cloud.now)
        } else {
            cloud.tailnet.devices[place].isLoggedOut = true
            cloud.tailnet.devices[place].silentSince = cloud.now
        }
        return Answer(200, [:])
    }

    /// A host name as a DNS label of at most 63 characters; others become hyphens.
    static func label(_ hostname: String) -> String {
        let bytes = hostname.lowercased().utf8.prefix(63).map { byte in
            HostName.isAlphanumeric(byte) ? byte : UInt8(ascii: "-")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.isEmpty ? "node" : text
    }
}
