/// The application of firewalls to servers.
extension Cloud {
    /// Applies a firewall to a server. Its rules take effect after `firewallSeconds`.
    mutating func attach(_ firewall: Int64, to server: Int64) {
        firewalls.update(firewall) { $0.targets.append(.server(server)) }
        cover(server, with: firewall)
    }

    private mutating func cover(_ server: Int64, with firewall: Int64) {
        guard servers[server]?.firewalls.contains(where: { $0.id == firewall }) == false else { return }
        servers.update(server) { $0.firewalls.append((firewall, false)) }
        events.add(.firewallApplied(firewall: firewall, server: server), at: after(settings.firewallSeconds))
    }

    /// Records that the rules of a firewall are in effect on a server.
    mutating func firewallReached(_ server: Int64, _ firewall: Int64) {
        servers.update(server) { row in
            guard let place = row.firewalls.firstIndex(where: { $0.id == firewall }) else { return }
            row.firewalls[place].applied = true
        }
    }

    /// Applies a firewall to more targets. Returns the actions, which end when the rules are in effect.
    mutating func apply(_ firewall: Firewall, to targets: [Firewall.Target]) throws -> [Int64] {
        for target in targets { try check(target, for: firewall) }
        return targets.flatMap { target -> [Int64] in
            firewalls.update(firewall.id) { $0.targets.append(target) }
            return reach(target).map { server in
                cover(server, with: firewall.id)
                return unlocked(
                    .applyFirewall, [("server", server), ("firewall", firewall.id)], seconds: settings.firewallSeconds)
            }
        }
    }

    private func check(_ target: Firewall.Target, for firewall: Firewall) throws {
        guard !firewall.targets.contains(target) else {
            throw APIError.plain(422, "firewall_already_applied", "firewall was already applied on resource")
        }
        switch target {
        case .server(let id):
            guard let server = servers[id] else { throw APIError.invalid("apply_to", "server \(id) not found") }
            guard server.firewalls.count < Firewall.limitPerServer else {
                throw APIError.limit("firewall limit of the server exceeded", name: "firewalls_per_server")
            }
        case .selector(let text): _ = try Selector(text)
        }
    }

    /// Returns the servers that a target selects now.
    private func reach(_ target: Firewall.Target) -> [Int64] {
        switch target {
        case .server(let id): [id]
        case .selector(let text):
            (try? Selector(text)).map { selector in
                servers.all.filter { selector.matches($0.labels) }.map(\.id)
            } ?? []
        }
    }

    /// Removes a firewall from targets. Returns the actions.
    mutating func withdraw(_ firewall: Firewall, from targets: [Firewall.Target]) throws -> [Int64] {
        for target in targets where !firewall.targets.contains(target) {
            throw APIError.plain(422, "firewall_resource_not_found", "firewall is not applied to the resource")
        }
        return targets.flatMap { target -> [Int64] in
            firewalls.update(firewall.id) { $0.targets.removeAll { $0 == target } }
            return reach(target).map { server in
                servers.update(server) { $0.firewalls.removeAll { $0.id == firewall.id } }
                return unlocked(
                    .removeFirewall, [("server", server), ("firewall", firewall.id)], seconds: settings.firewallSeconds)
            }
        }
    }

    /// Applies each firewall with a selector that matches the labels of a new server.
    mutating func coverBySelectors(_ server: Server) {
        for firewall in firewalls.all {
            let isMeant = firewall.targets.contains { target in
                guard case .selector(let text) = target, let selector = try? Selector(text) else { return false }
                return selector.matches(server.labels)
            }
            if isMeant { cover(server.id, with: firewall.id) }
        }
    }
}
