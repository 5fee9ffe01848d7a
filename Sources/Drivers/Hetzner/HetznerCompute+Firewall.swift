internal import AuraModel
internal import DriverREST
internal import HTTPClient
internal import JSON
internal import Logging

extension HetznerCompute {
    public func ensureFirewall(labels: [String: String]) async throws -> String? {
        guard settings.usesFirewall else { return nil }
        if let id = firewall.id { return id }
        return try await firewall.flight.run("ensure firewall \(settings.firewallName)") {
            () async throws(Failure) -> String in
            // Another caller may have found the firewall since the check above. Its flight ends after it has stored the
            // id.
            if let id = firewall.id { return id }
            let id = try await present(labels: labels)
            firewall.keep(id)
            return id
        }
    }

    private func present(labels: [String: String]) async throws(Failure) -> String {
        if let found = try await findFirewall() { return try await adapt(found, labels) }
        return try await createFirewall(labels: labels)
    }

    func findFirewall() async throws(Failure) -> WireFirewall? {
        let name = settings.firewallName
        let call = RESTCall(.get, "/firewalls", query: [("name", name)], what: "find firewall \(name)")
        return try await api.send(call, as: FirewallsAnswer.self).firewalls.first { $0.name == name }
    }

    /// Returns the id of an existing firewall whose rules match the settings.
    ///
    /// If the firewall has all of `labels`, different rules are replaced first. A firewall without these labels has
    /// another owner and is never changed. It is used only if its rules match.
    /// - Throws: `firewallForeign` (permanent) if the rules of a foreign firewall do not match.
    private func adapt(_ found: WireFirewall, _ labels: [String: String]) async throws(Failure) -> String {
        let id = String(found.id)
        guard Set(found.rules ?? []) != Set(wantedRules) else { return id }
        let name = settings.firewallName
        guard !labels.isEmpty, labels.allSatisfy({ found.labels?[$0.key] == $0.value }) else {
            throw Failure(
                .permanent, code: "firewallForeign",
                message: "cannot use firewall \(name): it has other rules and not this installation's labels, "
                    + "choose another name with hetzner.firewallName")
        }
        log.notice("the firewall's rules differ from the settings and are replaced", metadata: ["firewall": "\(id)"])
        let call = RESTCall(
            .post, "/firewalls/\(id)/actions/set_rules", body: .json(.object(["rules": rules])),
            what: "set the rules of firewall \(name)")
        try await api.send(call)
        return id
    }

    /// The rules for the open ports (SSH, and the agent's port if its health is read over HTTP) and ICMP, from all
    /// addresses.
    var wantedRules: [WireFirewall.Rule] {
        let everywhere: Set = ["0.0.0.0/0", "::/0"]
        return settings.openPorts.map {
            WireFirewall.Rule(direction: "in", protocol: "tcp", port: String($0), sources: everywhere)
        } + [WireFirewall.Rule(direction: "in", protocol: "icmp", port: nil, sources: everywhere)]
    }

    private var rules: JSONValue {
        .array(
            wantedRules.map { rule in
                let description = rule.port == nil ? "ping and path discovery" : "aura: SSH or health"
                return .object([
                    "direction": .string(rule.direction), "protocol": .string(rule.protocol),
                    "port": rule.port.map(JSONValue.string) ?? .null,
                    "source_ips": .array((rule.sources ?? []).sorted().map(JSONValue.string)),
                    "destination_ips": .array([]), "description": .string(description),
                ])
            })
    }

    private func createFirewall(labels: [String: String]) async throws(Failure) -> String {
        let body: JSONObject = [
            "name": .string(settings.firewallName),
            "labels": .object(JSONObject(labels: labels)),
            "rules": rules,
        ]
        let call = RESTCall(
            .post, "/firewalls", body: .json(.object(body)), what: "create firewall \(settings.firewallName)")
        do {
            return String(try await api.send(call, as: FirewallAnswer.self).firewall.id)
        } catch  where error.errorClass == .ambiguous {
            // Another client created the firewall first, or the reply was lost. In both cases the firewall may exist
            // now.
            if let found = try await findFirewall() { return try await adapt(found, labels) }
            throw error
        }
    }
}
