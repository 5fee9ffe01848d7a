import FoundationEssentials
import JSON

/// The simulated control plane, which the hosts' replacement of `tailscale` calls. A second listener, which the hosts
/// can reach, serves these routes as well.
enum RegisterCalls {
    static let routes: [Route] = [
        Route("POST", "/_sandbox/tailnet/register", register),
        Route("POST", "/_sandbox/tailnet/logout", logout),
    ]

    private struct Registration: Decodable {
        var authKey: String
        var hostname: String
        /// The id of the machine's existing device. The machine then logs in again and keeps the device.
        var nodeId: String?
        /// True for a node that another tailnet shares with this one. Only tests set it.
        var external: Bool?
    }

    private struct Logout: Decodable { var nodeId: String }

    /// Admits a node by its key. A one-off key is used up by the first node.
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
            id: "92\(cloud.ids.nextOther())", nodeID: "n\(cloud.random.word(11))CNTRL", hostname: label,
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

    /// Returns the data of a node for the node itself.
    private static func description(of device: Device) -> Answer {
        Answer(
            200,
            [
                "nodeId": .string(device.nodeID), "id": .string(device.id), "name": .string(device.name),
                "addresses": .strings(device.addresses), "tags": .strings(device.tags),
                "authorized": .bool(device.isAuthorized),
            ])
    }

    /// Logs a node out. An ephemeral node is removed; another node only loses its connection.
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

    /// Returns a host name as a DNS label of at most 63 characters; invalid characters become hyphens.
    static func label(_ hostname: String) -> String {
        let bytes = hostname.lowercased().utf8.prefix(63).map { byte in
            HostName.isAlphanumeric(byte) ? byte : UInt8(ascii: "-")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.isEmpty ? "node" : text
    }
}
