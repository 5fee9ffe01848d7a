import FoundationEssentials
import JSON

/// `/servers` and the actions on a server.
enum ServerCalls {
    static let routes: [Route] = [
        Route("POST", "/v1/servers", create),
        Route("GET", "/v1/servers", list),
        Route("GET", "/v1/servers/{id}") { cloud, call in Answer(200, ["server": try server(cloud, call).json()]) },
        Route("PUT", "/v1/servers/{id}", change),
        Route("DELETE", "/v1/servers/{id}") { cloud, call in
            let action = try cloud.delete(try call.id(of: "server"))
            return Answer(200, ["action": json(action, cloud)])
        },
        power("poweron", .on), power("poweroff", .off), power("shutdown", .shutdown), power("reboot", .reboot),
        power("reset", .reset),
        Route("POST", "/v1/servers/{id}/actions/change_protection", protect),
        Route("POST", "/v1/servers/{id}/actions/rebuild") { _, _ in
            throw APIError.plain(
                501, "unsupported_error", "the sandbox cannot rebuild servers: delete and create instead")
        },
    ]

    private static func power(_ name: String, _ change: Cloud.PowerChange) -> Route {
        Route("POST", "/v1/servers/{id}/actions/\(name)") { cloud, call in
            let action = try cloud.power(change, try call.id(of: "server"))
            return Answer(201, ["action": json(action, cloud)])
        }
    }

    private static func server(_ cloud: Cloud, _ call: Call) throws -> Server {
        let id = try call.id(of: "server")
        guard let server = cloud.servers[id] else { throw APIError.notFound("server", String(id)) }
        return server
    }

    private static func json(_ action: Int64, _ cloud: Cloud) -> JSONValue {
        cloud.actions[action]?.json(at: cloud.now) ?? .null
    }

    @Sendable private static func create(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let request = try ServerCreation(try call.decode(ServerCreation.Body.self), in: cloud)
        let created = try cloud.create(request)
        let password = request.authorizedKeys.isEmpty ? cloud.random.word(20) : nil
        return Answer(
            201,
            [
                "server": cloud.servers[created.server]?.json() ?? .null, "action": json(created.action, cloud),
                "next_actions": .array(created.next.map { [json($0, cloud)] } ?? []), "root_password": .text(password),
            ])
    }

    @Sendable private static func change(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(NameAndLabels.self)
        let old = try server(cloud, call)
        try Labels.check(body.labels ?? [:])
        if let name = body.name, name != old.name {
            guard HostName.isValid(name) else { throw APIError.invalid("name", "must be a valid hostname") }
            guard cloud.servers.named(name) == nil else {
                throw APIError.taken("server name is already used", field: "name")
            }
            cloud.servers.rename(old.id, name)
        }
        if let labels = body.labels { cloud.servers.update(old.id) { $0.labels = labels } }
        return Answer(200, ["server": try server(cloud, call).json()])
    }

    private struct Protection: Decodable {
        var delete: Bool?
        var rebuild: Bool?
    }

    @Sendable private static func protect(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(Protection.self)
        guard let wanted = body.delete, body.rebuild == wanted else {
            throw APIError.invalid("delete", "delete and rebuild must have the same value")
        }
        let server = try server(cloud, call)
        guard !server.isLocked else { throw APIError.locked }
        cloud.servers.update(server.id) { $0.isProtected = wanted }
        let action = cloud.unlocked(.changeProtection, [("server", server.id)], seconds: 0)
        return Answer(201, ["action": json(action, cloud)])
    }

    @Sendable private static func list(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let page = try Page(call)
        let query = try ServerQuery(call)
        if cloud.interference.emptiesList { return page.answer([Server](), "servers", call) { $0.json() } }
        if let seconds = cloud.interference.staleSeconds {
            let rows = query.stale(cloud, since: cloud.now - seconds)
            return page.answer(rows, "servers", call) { $0.server.json(as: $0.status) }
        }
        let servers = cloud.servers
        return page.answer(query.places(servers), "servers", call) { servers.all[$0].json() }
    }
}
