import FoundationEssentials
import JSON

/// `/actions` and the actions of servers.
enum ActionCalls {
    static let routes: [Route] = [
        Route("GET", "/v1/actions", some),
        Route("GET", "/v1/actions/{id}") { cloud, call in try one(cloud, call) },
        Route("GET", "/v1/servers/actions/{id}") { cloud, call in try one(cloud, call) },
        Route("GET", "/v1/servers/{id}/actions", ofServer),
        Route("GET", "/v1/servers/{id}/actions/{action}") { cloud, call in
            let server = try call.id(of: "server")
            let action = try find(cloud, call.id("action", of: "action"))
            guard action.resources.contains(where: { $0 == ("server", server) }) else {
                throw APIError.notFound("action", String(action.id))
            }
            return Answer(200, ["action": action.json(at: cloud.now)])
        },
    ]

    private static func find(_ cloud: Cloud, _ id: Int64) throws -> Action {
        guard let action = cloud.actions[id] else { throw APIError.notFound("action", String(id)) }
        return action
    }

    private static func one(_ cloud: Cloud, _ call: Call) throws -> Answer {
        Answer(200, ["action": try find(cloud, call.id(of: "action")).json(at: cloud.now)])
    }

    /// Hetzner removed the list of all actions on 30 January 2025: `id` is required. Unknown ids are left out.
    @Sendable private static func some(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let ids = call.all("id").flatMap { $0.split(separator: ",") }
        guard !ids.isEmpty else { throw APIError.invalid("id", "Missing data for required field.") }
        guard ids.count <= 1_000 else { throw APIError.invalid("id", "Longer than maximum length 1000.") }
        let found = ids.compactMap { Int64($0) }.compactMap { cloud.actions[$0] }
        return try list(found, cloud, call)
    }

    @Sendable private static func ofServer(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let id = try call.id(of: "server")
        guard let server = cloud.servers[id] else { throw APIError.notFound("server", String(id)) }
        return try list(server.actions.compactMap { cloud.actions[$0] }, cloud, call)
    }

    private static func list(_ actions: [Action], _ cloud: Cloud, _ call: Call) throws -> Answer {
        let statuses = call.all("status")
        let order = try SortOrder<Action>(
            call,
            [
                "id": { $0.id < $1.id }, "command": { $0.command.rawValue < $1.command.rawValue },
                "status": { $0.status.rawValue < $1.status.rawValue }, "started": { $0.started < $1.started },
                "finished": { ($0.finished ?? .distantFuture) < ($1.finished ?? .distantFuture) },
            ])
        let wanted = actions.filter { statuses.isEmpty || statuses.contains($0.status.rawValue) }
        return try Page(call).answer(order.apply(wanted), "actions", call) { $0.json(at: cloud.now) }
    }
}
