internal import AuraModel
public import DriverKit
internal import DriverREST
internal import HTTPClient
internal import JSON

extension HetznerCompute {
    public func server(named name: String) async throws -> Server? {
        let call = RESTCall(.get, "/servers", query: [("name", name)], what: "find server \(name)")
        return try await api.send(call, as: ServersAnswer.self).servers.first { $0.name == name }.map(Server.init)
    }

    public func server(id: String) async throws -> Server? {
        let number = try Self.number(id, of: "server")
        let call = RESTCall(.get, "/servers/\(number)", what: "read server \(number)")
        return try await api.find(call, as: ServerAnswer.self).map { Server($0.server) }
    }

    public func servers(labels: [String: String]) async throws -> [Server] {
        let call = RESTCall(.get, "/servers", query: Self.listing(labels), what: "list servers")
        var servers: [Server] = []
        var seen: Set<Int64> = []
        try await api.pages(call) { (page: ServersAnswer) in
            // While pages are read, servers are created and deleted, so a server may appear on two pages.
            for wire in page.servers where seen.insert(wire.id).inserted { servers.append(Server(wire)) }
            return page.meta
        }
        return servers
    }

    /// Returns the query for all resources with these labels, in an order that is stable over pages.
    static func listing(_ labels: [String: String]) -> [(String, String)] {
        let selector = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        let query = [("per_page", "50"), ("sort", "id:asc")]
        return selector.isEmpty ? query : query + [("label_selector", selector)]
    }

    public func createServer(_ specification: ServerSpecification) async throws -> ServerCreation {
        let call = RESTCall(
            .post, "/servers", body: .json(try body(specification)),
            what: "create server \(specification.name) (\(specification.placement.serverType) "
                + "in \(specification.placement.location))")
        do {
            let answer = try await api.send(call, as: CreationAnswer.self)
            let actions = [answer.action].compactMap(\.self) + (answer.nextActions ?? [])
            return ServerCreation(server: Server(answer.server), actionIDs: actions.map { String($0.id) })
        } catch {
            throw specification.firewallID == nil ? error : firewall.judge(error)
        }
    }

    public func deleteServer(id: String) async throws -> [String] {
        let number = try Self.number(id, of: "server")
        let call = RESTCall(.delete, "/servers/\(number)", what: "delete server \(number)")
        return try await api.find(call, as: ActionAnswer.self).map { [String($0.action.id)] } ?? []
    }

    public func powerOn(serverID: String) async throws -> [String] {
        try await act("poweron", serverID, "power on")
    }

    public func powerOff(serverID: String) async throws -> [String] {
        try await act("poweroff", serverID, "power off")
    }

    public func shutdown(serverID: String) async throws -> [String] {
        try await act("shutdown", serverID, "shut down")
    }

    public func reboot(serverID: String) async throws -> [String] {
        try await act("reboot", serverID, "reboot")
    }

    private func act(_ action: String, _ id: String, _ words: String) async throws -> [String] {
        let number = try Self.number(id, of: "server")
        let call = RESTCall(.post, "/servers/\(number)/actions/\(action)", what: "\(words) server \(number)")
        return [String(try await api.send(call, as: ActionAnswer.self).action.id)]
    }

    private func body(_ specification: ServerSpecification) throws -> JSONValue {
        guard specification.userData.utf8.count <= 32 << 10 else {
            throw Failure(
                .permanent, code: "invalidInput",
                message: "cannot create server \(specification.name): its user data is longer than 32 KiB")
        }
        let keys = try specification.keyIDs.map { JSONValue.integer(try Self.number($0, of: "key")) }
        var body: JSONObject = [
            "name": .string(specification.name),
            "server_type": .string(specification.placement.serverType),
            "location": .string(specification.placement.location),
            "image": .string(specification.image),
            "ssh_keys": .array(keys),
            "labels": .object(JSONObject(labels: specification.labels)),
            "user_data": .string(specification.userData),
            "start_after_create": .bool(true),
            "public_net": .object(["enable_ipv4": .bool(true), "enable_ipv6": .bool(true)]),
        ]
        if let firewall = specification.firewallID {
            body["firewalls"] = .array([.object(["firewall": .integer(try Self.number(firewall, of: "firewall"))])])
        }
        return .object(body)
    }
}

extension JSONObject {
    /// Creates an object from labels in the order of their keys, so that the same labels always give the same text.
    init(labels: [String: String]) {
        self.init(uniqueKeysWithValues: labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }
}
