import JSON

/// `/firewalls`.
enum FirewallCalls {
    static let routes: [Route] = [
        Route("POST", "/v1/firewalls", create),
        Route("GET", "/v1/firewalls") { cloud, call in
            try cloud.firewalls.page(call, "firewalls", isEmpty: cloud.interference.emptiesList)
        },
        Route("GET", "/v1/firewalls/{id}") { cloud, call in
            Answer(200, ["firewall": try cloud.firewalls.get(try call.id(of: "firewall")).json])
        },
        Route("PUT", "/v1/firewalls/{id}", change),
        Route("DELETE", "/v1/firewalls/{id}", delete),
        Route("POST", "/v1/firewalls/{id}/actions/set_rules", setRules),
        Route("POST", "/v1/firewalls/{id}/actions/apply_to_resources") { cloud, call in
            let targets = try call.decode(Application.self).applyTo.map { try $0.target }
            let firewall = try cloud.firewalls.get(try call.id(of: "firewall"))
            return Answer(201, ["actions": json(try cloud.apply(firewall, to: targets), cloud)])
        },
        Route("POST", "/v1/firewalls/{id}/actions/remove_from_resources") { cloud, call in
            let targets = try call.decode(Removal.self).removeFrom.map { try $0.target }
            let firewall = try cloud.firewalls.get(try call.id(of: "firewall"))
            return Answer(201, ["actions": json(try cloud.withdraw(firewall, from: targets), cloud)])
        },
    ]

    /// A target in a request.
    private struct Resource: Decodable {
        struct Numbered: Decodable { var id: Int64 }
        struct Selecting: Decodable { var selector: String }

        var type: String
        var server: Numbered?
        var labelSelector: Selecting?

        var target: Firewall.Target {
            get throws {
                if type == "server", let server { return .server(server.id) }
                if type == "label_selector", let labelSelector { return .selector(labelSelector.selector) }
                throw APIError.invalid("type", "must be server or label_selector, with the field of that name")
            }
        }
    }

    private struct Creation: Decodable {
        var name: String
        var labels: [String: String]?
        var rules: [FirewallRule]?
        var applyTo: [Resource]?
    }

    private struct Rules: Decodable { var rules: [FirewallRule] }
    private struct Application: Decodable { var applyTo: [Resource] }
    private struct Removal: Decodable { var removeFrom: [Resource] }

    private static func json(_ actions: [Int64], _ cloud: Cloud) -> JSONValue {
        .array(actions.compactMap { cloud.actions[$0]?.json(at: cloud.now) })
    }

    @Sendable private static func create(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(Creation.self)
        try Labels.check(body.labels ?? [:])
        try FirewallRule.check(body.rules ?? [])
        let targets = try (body.applyTo ?? []).map { try $0.target }
        let firewall = Firewall(
            id: cloud.ids.nextOther(), name: body.name, labels: body.labels ?? [:], created: cloud.now,
            rules: body.rules ?? [])
        try cloud.firewalls.insert(firewall)
        let ids: [Int64]
        do {
            ids = try cloud.apply(firewall, to: targets)
        } catch {
            try cloud.firewalls.remove(firewall.id)
            throw error
        }
        let made = try cloud.firewalls.get(firewall.id)
        return Answer(201, ["firewall": made.json, "actions": json(ids, cloud)])
    }

    @Sendable private static func change(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(NameAndLabels.self)
        try Labels.check(body.labels ?? [:])
        let firewall = try cloud.firewalls.change(try call.id(of: "firewall"), body)
        return Answer(200, ["firewall": firewall.json])
    }

    @Sendable private static func delete(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let firewall = try cloud.firewalls.get(try call.id(of: "firewall"))
        guard firewall.targets.isEmpty else {
            throw APIError.plain(422, "resource_in_use", "firewall with ID '\(firewall.id)' is still in use")
        }
        try cloud.firewalls.remove(firewall.id)
        cloud.deleted.add("firewall", id: firewall.id, name: firewall.name)
        return .none
    }

    @Sendable private static func setRules(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(Rules.self)
        try FirewallRule.check(body.rules)
        let firewall = try cloud.firewalls.get(try call.id(of: "firewall"))
        cloud.firewalls.update(firewall.id) { $0.rules = body.rules }
        let seconds = cloud.settings.firewallSeconds
        let action = cloud.unlocked(.setFirewallRules, [("firewall", firewall.id)], seconds: seconds)
        return Answer(201, ["actions": json([action], cloud)])
    }
}
