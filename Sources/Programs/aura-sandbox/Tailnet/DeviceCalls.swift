import FoundationEssentials
import JSON

/// `/tailnet/-/devices` and `/device/{id}`.
enum DeviceCalls {
    static let routes: [Route] = [
        Route("GET", "/api/v2/tailnet/{tailnet}/devices", list),
        Route("GET", "/api/v2/device/{id}") { cloud, call in
            Answer(200, cloud.tailnet.devices[try place(&cloud, call)].json)
        },
        Route("DELETE", "/api/v2/device/{id}") { cloud, call in
            let place = try place(&cloud, call)
            guard !cloud.tailnet.devices[place].isExternal else {
                throw APIError.tailnet(501, "cannot delete devices outside of your tailnet")
            }
            cloud.tailnet.remove(at: place, now: cloud.now)
            return Answer(200)
        },
        Route("POST", "/api/v2/device/{id}/authorized") { cloud, call in
            let wanted = try call.decode(Authorization.self).authorized
            cloud.tailnet.devices[try place(&cloud, call)].isAuthorized = wanted
            return Answer(200)
        },
        Route("POST", "/api/v2/device/{id}/tags") { cloud, call in
            let tags = try call.decode(Tags.self).tags
            let known = cloud.settings.clientTags + cloud.settings.ownedTags
            guard Set(tags).isSubset(of: known) else {
                throw APIError.tailnet(
                    400, "requested tags [\(tags.joined(separator: " "))] are invalid or not permitted")
            }
            cloud.tailnet.devices[try place(&cloud, call)].tags = tags
            return Answer(200)
        },
        Route("POST", "/api/v2/device/{id}/name") { cloud, call in
            let label = RegisterCalls.label(try call.decode(Name.self).name)
            let place = try place(&cloud, call)
            let isTaken = cloud.tailnet.devices.enumerated().contains {
                $0.offset != place && $0.element.label == label
            }
            guard !isTaken else { throw APIError.tailnet(400, "name is already in use") }
            cloud.tailnet.devices[place].label = label
            return Answer(200)
        },
        Route("POST", "/api/v2/device/{id}/key") { cloud, call in
            let wanted = try call.decode(Expiry.self).keyExpiryDisabled
            cloud.tailnet.devices[try place(&cloud, call)].keyExpiryDisabled = wanted
            return Answer(200)
        },
    ]

    private struct Authorization: Decodable { var authorized: Bool }
    private struct Tags: Decodable { var tags: [String] }
    private struct Name: Decodable { var name: String }
    private struct Expiry: Decodable { var keyExpiryDisabled: Bool }

    private static func place(_ cloud: inout Cloud, _ call: Call) throws -> Int {
        cloud.refreshNodes()
        guard let place = cloud.tailnet.place(of: call.parameter("id")),
            cloud.tailnet.devices[place].visibleFrom <= cloud.now
        else { throw APIError.tailnet(404, "no such device") }
        return place
    }

    @Sendable private static func list(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        try AuthKeyCalls.checkTailnet(call)
        cloud.refreshNodes()
        let tags = call.all("tags")
        let earlier = cloud.interference.staleSeconds.map { cloud.tailnet.devices(at: cloud.now - $0) }
        let shown = (earlier ?? cloud.tailnet.devices).filter { device in
            device.visibleFrom <= cloud.now
                && (call.first("hostname").map { $0 == device.hostname } ?? true)
                && (call.first("isEphemeral").map { $0 == String(device.isEphemeral) } ?? true)
                && tags.allSatisfy(device.tags.contains)
        }
        let listed = cloud.interference.emptiesList ? [] : shown
        return Answer(200, ["devices": .array(listed.map(\.json))])
    }
}
