import JSON

/// `/_sandbox/…`: the calls with which tests control the sandbox. They need no token. Only the main listener has these
/// routes.
enum AdminCalls {
    static let routes: [Route] = [
        Route("POST", "/_sandbox/faults") { cloud, call in
            try call.allow(Fault.Body.fields)
            let id = cloud.ids.nextOther()
            try cloud.faults.add(try call.decode(Fault.Body.self), id: id)
            return Answer(201, ["id": .integer(id)])
        },
        Route("GET", "/_sandbox/faults") { cloud, _ in
            Answer(200, ["faults": .array(cloud.faults.all.map(\.json))])
        },
        Route("DELETE", "/_sandbox/faults") { cloud, _ in
            try cloud.faults.remove(nil)
            return .none
        },
        Route("DELETE", "/_sandbox/faults/{id}") { cloud, call in
            try cloud.faults.remove(try call.id(of: "fault"))
            return .none
        },
        Route("GET", "/_sandbox/state") { cloud, _ in
            cloud.refreshNodes()
            return Answer(200, StateReport.json(cloud))
        },
        Route("GET", "/_sandbox/settings") { cloud, _ in Answer(200, try cloud.settings.json) },
        Route("POST", "/_sandbox/settings") { cloud, call in
            try cloud.settings.merge(try call.decode([String: JSONValue].self))
            return Answer(200, try cloud.settings.json)
        },
        Route("POST", "/_sandbox/reset") { cloud, _ in
            cloud.reset()
            return .none
        },
        Route("POST", "/_sandbox/servers/{id}", server),
        Route("POST", "/_sandbox/sign-node") { cloud, call in
            let node = try call.decode(Signature.self).nodeId
            guard let place = cloud.tailnet.place(of: node) else { throw APIError.notFound("node", node) }
            cloud.tailnet.devices[place].isLockedOut = false
            return .none
        },
        Route("POST", "/_sandbox/drain-rate-limit") { cloud, _ in
            cloud.bucket.drain(now: cloud.now)
            return .none
        },
        Route("POST", "/_sandbox/largest-ids") { cloud, _ in
            cloud.ids.jumpToLargest()
            return .none
        },
    ]

    /// A disturbance of a server that bypasses the API.
    private enum Incident: String, Decodable {
        /// The server is deleted by another client.
        case vanish
        /// The server loses power.
        case crash
        /// The agent stops replying, and replies again.
        case sicken, heal
        /// The API reports the status `unknown`.
        case unknown
    }

    private struct Body: Decodable { var blow: Incident }
    /// The body of `/_sandbox/sign-node`, which acts as `tailscale lock sign` for a node id.
    private struct Signature: Decodable { var nodeId: String }

    @Sendable private static func server(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let id = try call.id(of: "server")
        guard cloud.servers[id] != nil else { throw APIError.notFound("server", String(id)) }
        switch try call.decode(Body.self).blow {
        case .vanish: cloud.vanish(id)
        case .crash: cloud.force(id, .off)
        case .sicken: cloud.servers.update(id) { $0.traits.isSick = true }
        case .heal: cloud.servers.update(id) { $0.traits.isSick = false }
        case .unknown: cloud.force(id, .unknown)
        }
        return .none
    }
}
