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
            // Another flight may have landed since the look above; its id is kept before it lands.
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
        let call = HetznerCall(
            method: .get, path: "/firewalls", query: [("name", name)], what: "find firewall \(name)")
        return try await api.send(call, as: FirewallsAnswer.self).firewalls.first { $0.name == name }
    }

    /// Returns the id of a found firewall after its rules are what the settings want.
    ///
    /// Other rules of a firewall with all of `labels` are replaced. A firewall without them belongs to somebody else and
    /// is never changed: it is used only while its rules are the wanted ones.
    /// - Throws: `firewallForeign` (permanent) if a foreign firewall has other rules.
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
        let call = HetznerCall(
            method: .post, path: "/firewalls/\(id)/actions/set_rules", body: .object(["rules": rules]),
            what: "set the rules of firewall \(name)")
        _ = try await api.send(call)
        return id
    }

    /// SSH's port, the agent's if it is looked at over HTTP, and ICMP, all from everywhere.
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
        let call = HetznerCall(
            method: .post, path: "/firewalls", body: .object(body), what: "create firewall \(settings.firewallName)")
        do {
            return String(try await api.send(call, as: FirewallAnswer.self).firewall.id)
        } catch  where error.errorClass == .ambiguous {
            // Somebody else was faster, or the answer was lost: either way it may be there now.
            if let found = try await findFirewall() { return try await adapt(found, labels) }
            throw error
        }
    }
}
