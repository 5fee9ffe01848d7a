import FoundationEssentials

/// The creation and the removal of servers.
extension Cloud {
    /// A requested server with the actions that create it.
    struct CreatedServer {
        let server: Int64
        let action: Int64
        let next: Int64?
    }

    /// Adds a server and begins to create it.
    mutating func create(_ request: ServerCreation) throws -> CreatedServer {
        guard servers.named(request.name) == nil else {
            throw APIError.taken("server name is already used", field: "name")
        }
        guard Double(servers.count) < settings.serverLimit else {
            throw APIError.limit("server limit exceeded", name: "server_limit")
        }
        let server = try newServer(request)
        servers.insert(server)
        createdServers += 1
        let create = begin(
            .createServer, on: server.id, seconds: settings.createSeconds,
            also: [("image", request.image.id)], fallback: .off)
        var start: Int64?
        if request.starts {
            start = newAction(.startServer, on: server.id, fallback: .off)
            actions.update(create) { $0.follower = start }
        }
        if let made = servers[server.id] { enqueue(.create(made, action: create)) }
        for firewall in request.firewalls { attach(firewall, to: server.id) }
        coverBySelectors(server)
        if let seconds = interference.vanishSeconds { events.add(.vanish(server: server.id), at: now + seconds) }
        return CreatedServer(server: server.id, action: create, next: start)
    }

    private mutating func newServer(_ request: ServerCreation) throws -> Server {
        let id = ids.nextServer()
        var ipv4: Server.Address?
        if request.wantsIPv4 || hasHosts {
            guard let address = addresses.take() else {
                throw APIError.limit("Primary IP limit exceeded", name: "primary_ip_limit")
            }
            ipv4 = Server.Address(id: ids.nextOther(), text: address)
        }
        let group = String(id & 0xFFFF, radix: 16)
        let ipv6 = request.wantsIPv6 ? Server.Address(id: ids.nextOther(), text: "2001:db8:\(group):1::/64") : nil
        var server = Server(id: id, request: request, created: now, ipv4: ipv4, ipv6: ipv6)
        server.traits = interference.traits
        return server
    }

    /// Begins to delete a server. Its unfinished actions fail. Throws 423 if the server is protected, or if an action
    /// on it runs. Two kinds of running actions do not prevent the deletion: an action that is stuck and past its
    /// planned end, and, with `deleteDuringCreate`, a creation or a start.
    mutating func delete(_ id: Int64) throws -> Int64 {
        guard let server = servers[id] else { throw APIError.notFound("server", String(id)) }
        guard server.status != .deleting else { throw APIError.locked }
        guard !server.isProtected else { throw APIError.protected("server deletion is protected") }
        for action in server.open where !mayInterrupt(action) { throw APIError.locked }
        for action in server.open {
            fail(action, Action.Failure(code: "action_cancelled", message: "Server was deleted"))
        }
        let action = begin(
            .deleteServer, on: id, seconds: settings.deleteSeconds, fallback: servers[id]?.status ?? .off)
        servers.update(id) { $0.become(.deleting, at: now) }
        enqueue(.remove(server: id, action: action))
        return action
    }

    private func mayInterrupt(_ id: Int64) -> Bool {
        guard let action = actions[id], action.begins != nil else { return true }
        switch action.command {
        case .createServer, .startServer: if settings.deleteDuringCreate { return true }
        case .stopServer, .shutdownServer, .rebootServer, .resetServer, .deleteServer, .changeProtection,
            .applyFirewall,
            .removeFirewall, .setFirewallRules:
            break
        }
        return action.isStuck && (action.ends.map { $0 <= now } ?? false)
    }

    /// Removes a server. Its name and address become free, and its firewalls are no longer in use.
    mutating func remove(_ id: Int64) {
        guard var server = servers.remove(id) else { return }
        if let address = server.ipv4 { addresses.release(address.text) }
        firewalls.updateAll { $0.targets.removeAll { $0 == .server(id) } }
        server.gone = now
        server.open = []
        deleted.add(server)
    }

    /// Removes a server as if another client had deleted it, without a visible action.
    mutating func vanish(_ id: Int64) {
        guard let server = servers[id] else { return }
        for action in server.open {
            fail(action, Action.Failure(code: "action_failed", message: "Action failed"))
        }
        enqueue(.remove(server: id, action: nil))
        remove(id)
    }
}
