import FoundationEssentials

/// The start and the end of actions.
extension Cloud {
    /// Adds an action on a server without a start time. The action begins when the preceding action succeeds.
    mutating func newAction(
        _ command: Action.Command, on server: Int64, also: [(String, Int64)] = [], fallback: Server.Status? = nil,
        withHost: Bool = true
    ) -> Int64 {
        var action = Action(
            id: ids.nextAction(), command: command, started: now, resources: [("server", server)] + also)
        action.server = server
        action.fallback = fallback
        action.awaitsHost = withHost && hasHosts
        interference.apply(to: &action)
        actions.insert(action)
        servers.update(server) {
            $0.open.append(action.id)
            $0.actions.append(action.id)
        }
        return action.id
    }

    /// Adds an action on a server and begins it.
    mutating func begin(
        _ command: Action.Command, on server: Int64, seconds: Double, also: [(String, Int64)] = [],
        fallback: Server.Status? = nil, withHost: Bool = true
    ) -> Int64 {
        let id = newAction(command, on: server, also: also, fallback: fallback, withHost: withHost)
        begin(id, seconds: seconds)
        return id
    }

    private mutating func begin(_ id: Int64, seconds: Double) {
        let end = after(seconds) + (actions[id]?.extraSeconds ?? 0)
        actions.update(id) {
            $0.begins = now
            $0.ends = end
        }
        events.add(.due(action: id), at: end)
        if seconds == 0, end <= now { reachedPlannedEnd(id) }
    }

    /// Adds and begins an action that locks no server: changes of firewalls and of protection.
    mutating func unlocked(_ command: Action.Command, _ resources: [(String, Int64)], seconds: Double) -> Int64 {
        var action = Action(id: ids.nextAction(), command: command, started: now, resources: resources)
        interference.apply(to: &action)
        actions.insert(action)
        for (kind, id) in resources where kind == "server" { servers.update(id) { $0.actions.append(action.id) } }
        begin(action.id, seconds: seconds)
        return action.id
    }

    /// Handles the end of an action's planned time. The action ends unless it is stuck or waits for a real machine.
    mutating func reachedPlannedEnd(_ id: Int64) {
        actions.update(id) { $0.isOverdue = true }
        guard let action = actions[id], action.status == .running, !action.isStuck, !action.awaitsHost else { return }
        end(action)
    }

    /// Handles a real machine's report on an action; `failure` is `nil` if the machine succeeded.
    mutating func hostReported(_ id: Int64, failure: String?) {
        actions.update(id) {
            $0.awaitsHost = false
            if let failure, $0.failure == nil { $0.failure = Action.Failure(code: "action_failed", message: failure) }
        }
        guard let action = actions[id], action.status == .running, action.isOverdue, !action.isStuck else { return }
        end(action)
    }

    /// Ends an action with an error immediately.
    mutating func fail(_ id: Int64, _ failure: Action.Failure) {
        actions.update(id) { $0.failure = failure }
        guard let action = actions[id], action.status == .running else { return }
        end(action)
    }

    private mutating func end(_ action: Action) {
        actions.update(action.id) {
            $0.status = action.failure == nil ? .success : .error
            $0.finished = now
        }
        actions.retire(action.id)
        if let server = action.server {
            servers.update(server) { $0.open.removeAll { $0 == action.id } }
            if action.failure == nil { succeed(action, server) } else { revert(action, server) }
        }
        guard let follower = action.follower else { return }
        if let failure = action.failure { fail(follower, failure) } else { follow(follower, action) }
    }

    private mutating func follow(_ id: Int64, _ previous: Action) {
        guard let server = previous.server, let row = servers[server] else { return }
        servers.update(server) { $0.become(.starting, at: now) }
        begin(id, seconds: settings.startSeconds)
        switchOn(row, action: id)
    }

    private mutating func succeed(_ action: Action, _ server: Int64) {
        switch action.command {
        case .createServer where action.follower == nil: servers.update(server) { $0.become(.off, at: now) }
        case .startServer, .rebootServer, .resetServer: if isComingUp(server) { run(server) }
        case .stopServer: servers.update(server) { $0.become(.off, at: now) }
        case .deleteServer: remove(server)
        case .createServer, .shutdownServer, .changeProtection, .applyFirewall, .removeFirewall, .setFirewallRules:
            break
        }
    }

    /// True if the machine has power but has not begun to boot. It is false after a `poweron` of a machine that already
    /// runs.
    private func isComingUp(_ id: Int64) -> Bool {
        guard let server = servers[id] else { return false }
        return server.status == .starting || (server.status == .running && server.answersFrom == nil)
    }

    private mutating func revert(_ action: Action, _ server: Int64) {
        guard let fallback = action.fallback else { return }
        if fallback == .running { run(server) } else { servers.update(server) { $0.become(fallback, at: now) } }
    }
}
