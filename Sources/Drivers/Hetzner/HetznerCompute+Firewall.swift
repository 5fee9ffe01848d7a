internal import AuraModel
internal import DriverREST
internal import HTTPClient
internal import JSON

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
        if let id = try await findFirewall() { return id }
        return try await createFirewall(labels: labels)
    }

    private func findFirewall() async throws(Failure) -> String? {
        let name = settings.firewallName
        let call = HetznerCall(
            method: .get, path: "/firewalls", query: [("name", name)], what: "find firewall \(name)")
        return try await api.send(call, as: FirewallsAnswer.self).firewalls.first { $0.name == name }
            .map { String($0.id) }
    }

    private func createFirewall(labels: [String: String]) async throws(Failure) -> String {
        let body: JSONObject = [
            "name": .string(settings.firewallName),
            "labels": .object(JSONObject(labels: labels)),
            "rules": .array([
                rule("tcp", port: .string("22"), "ssh"), rule("icmp", port: .null, "ping and path discovery"),
            ]),
        ]
        let call = HetznerCall(
            method: .post, path: "/firewalls", body: .object(body), what: "create firewall \(settings.firewallName)")
        do {
            return String(try await api.send(call, as: FirewallAnswer.self).firewall.id)
        } catch  where error.errorClass == .ambiguous {
            // Somebody else was faster, or the answer was lost: either way it may be there now.
            if let id = try await findFirewall() { return id }
            throw error
        }
    }

    private func rule(_ `protocol`: String, port: JSONValue, _ description: String) -> JSONValue {
        .object([
            "direction": .string("in"), "protocol": .string(`protocol`), "port": port,
            "source_ips": .array([.string("0.0.0.0/0"), .string("::/0")]), "destination_ips": .array([]),
            "description": .string(description),
        ])
    }
}
