import JSON

/// `/firewalls`.
enum FirewallCalls {
    static let routes: [Route] = [
        Route("POST", "/v1/firewalls", create),
        Route("GET", "/v1/firewalls", list),
        Route("GET", "/v1/firewalls/{id}") { cloud, call in
            Answer(200, ["firewall": try cloud.firewalls.get(try call.id(of: "firewall")).json])
        },
        Route("PUT", "/v1/firewalls/{id}", change),
        Route("DELETE", "/v1/firewalls/{id}", delete),
        Route("POST", "/v1/firewalls/{id}/actions/set_rules", setRules),
        Route("POST", "/v1/firewalls/{id}/actions/apply_to_resources") { cloud, call in
            let targets = try call.decode(Application.self).applyTo.map { try $0.target }
            let firewall = try cloud.firewalls.get(try call.id(of: "firewall"))
            return actions(try cloud.apply(firewall, to: targets), cloud)
        },
        Route("POST", "/v1/firewalls/{id}/actions/remove_from_resources") { cloud, call in
            let targets = try call.decode(Removal.self).removeFrom.map { try $0.target }
            let firewall = try cloud.firewalls.get(try call.id(of: "firewall"))
            return actions(try cloud.withdraw(firewall, from: targets), cloud)
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

    private static func actions(_ ids: [Int64], _ cloud: Cloud) -> Answer {
        Answer(201, ["actions": .array(ids.compactMap { cloud.actions[$0]?.json(at: cloud.now) })])
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
            cloud.firewalls.remove(firewall.id)
            throw error
        }
        let made = try cloud.firewalls.get(firewall.id)
        return Answer(
            201,
            [
                "firewall": made.json,
                "actions": .array(ids.compactMap { cloud.actions[$0]?.json(at: cloud.now) }),
            ])
    }

    @Sendable private static func list(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let selector = try Selector.of(call)
        let found = cloud.firewalls.all.filter { firewall in
            (call.first("name").map { $0 == firewall.name } ?? true) && (selector?.matches(firewall.labels) ?? true)
        }
        let order = try SortOrder<Firewall>(call, ["id": { $0.id < $1.id }, "name": { $0.name < $1.name }])
        let listed = cloud.interference.emptiesList ? [] : order.apply(found)
        return try Page(call).answer(listed, "firewalls", call, \.json)
    }

    @Sendable private static func change(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(NameAndLabels.self)
        try Labels.check(body.labels ?? [:])
        let firewall = try cloud.firewalls.get(try call.id(of: "firewall"))
        if let name = body.name, name != firewall.name { try cloud.firewalls.check(name) }
        cloud.firewalls.update(firewall.id) {
            if let name = body.name { $0.name = name }
            if let labels = body.labels { $0.labels = labels }
        }
        return Answer(200, ["firewall": try cloud.firewalls.get(firewall.id).json])
    }

    @Sendable private static func delete(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let firewall = try cloud.firewalls.get(try call.id(of: "firewall"))
        guard firewall.targets.isEmpty else {
            throw APIError.plain(422, "resource_in_use", "firewall with ID '\(firewall.id)' is still in use")
        }
        cloud.firewalls.remove(firewall.id)
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
        return actions([action], cloud)
    }
}
