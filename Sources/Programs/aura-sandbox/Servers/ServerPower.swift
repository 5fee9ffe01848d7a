import FoundationEssentials

/// Changes of a server's power.
extension Cloud {
    /// The actions that change power.
    enum PowerChange: Sendable {
        case on, off, shutdown, reboot, reset
    }

    /// Begins a change of power. A `poweron` of a running server, and any other change of a server that does not run,
    /// succeeds and does nothing.
    mutating func power(_ change: PowerChange, _ id: Int64) throws -> Int64 {
        guard let server = servers[id] else { throw APIError.notFound("server", String(id)) }
        guard !server.isLocked else { throw APIError.locked }
        let isOn = server.status == .running
        switch change {
        case .on: return isOn ? nothing(.startServer, on: id) : powerOn(server)
        case .off: return isOn ? powerOff(server) : nothing(.stopServer, on: id)
        case .shutdown: return isOn ? shutDown(server) : nothing(.shutdownServer, on: id)
        case .reboot: return isOn ? restart(server, .rebootServer, graceSeconds: 10) : nothing(.rebootServer, on: id)
        case .reset: return isOn ? restart(server, .resetServer, graceSeconds: 0) : nothing(.resetServer, on: id)
        }
    }

    /// Adds an action that ends immediately.
    private mutating func nothing(_ command: Action.Command, on id: Int64) -> Int64 {
        begin(command, on: id, seconds: 0, withHost: false)
    }

    private mutating func powerOn(_ server: Server) -> Int64 {
        let action = begin(.startServer, on: server.id, seconds: settings.startSeconds, fallback: server.status)
        change(server.id, to: .starting)
        switchOn(server, action: action)
        return action
    }

    private mutating func powerOff(_ server: Server) -> Int64 {
        let action = begin(.stopServer, on: server.id, seconds: settings.stopSeconds, fallback: server.status)
        change(server.id, to: .stopping)
        enqueue(.stop(server: server.id, action: action))
        return action
    }

    /// The end of the action means only that the signal was delivered. The guest powers off later, or never.
    private mutating func shutDown(_ server: Server) -> Int64 {
        let isHeard = !server.traits.ignoresShutdown
        let action = begin(.shutdownServer, on: server.id, seconds: settings.shutdownSeconds, withHost: isHeard)
        guard isHeard else { return action }
        if hasHosts {
            enqueue(.signalShutdown(server: server.id, action: action))
        } else {
            let down = after(settings.shutdownSeconds + settings.guestShutdownSeconds)
            events.add(.guestDown(server: server.id, epoch: server.epoch), at: down)
        }
        return action
    }

    private mutating func restart(_ server: Server, _ command: Action.Command, graceSeconds: Int) -> Int64 {
        let action = begin(command, on: server.id, seconds: settings.rebootSeconds, fallback: .off)
        servers.update(server.id) { $0.answersFrom = nil }
        if command == .resetServer { change(server.id, to: .starting) }
        enqueue(.restart(server: server.id, graceSeconds: graceSeconds, action: action))
        return action
    }

    private mutating func change(_ id: Int64, to status: Server.Status) {
        servers.update(id) {
            $0.become(status, at: now)
            $0.epoch += 1
            $0.answersFrom = nil
        }
    }

    /// Powers a server off after its guest processed the ACPI signal, unless its power has changed since then
    /// (`epoch`).
    mutating func guestWentDown(_ id: Int64, epoch: Int) {
        guard let server = servers[id], server.epoch == epoch, server.status == .running else { return }
        change(id, to: .off)
    }

    /// Handles a real machine that has ended by itself. Returns false, and does nothing, while an action locks the
    /// server.
    mutating func noteHostWentDown(_ id: Int64) -> Bool {
        guard let server = servers[id] else { return true }
        guard !server.isLocked else { return false }
        if server.status == .running { change(id, to: .off) }
        return true
    }

    /// Switches a machine on for an action. If a fault delays the boot, the action does not wait for the machine.
    mutating func switchOn(_ server: Server, action: Int64) {
        if hasHosts, let seconds = server.traits.bootSeconds {
            actions.update(action) { $0.awaitsHost = false }
            events.add(.lateStart(server: server.id), at: now + seconds)
        } else {
            enqueue(.start(server: server.id, action: action))
        }
    }

    /// Starts a machine with a delayed boot, if it should still run.
    mutating func startLate(_ id: Int64) {
        if servers[id]?.status == .running { enqueue(.start(server: id, action: nil)) }
    }

    /// Sets a machine to running. Its agent replies after the boot delay.
    mutating func run(_ id: Int64) {
        guard let server = servers[id] else { return }
        let booted = server.traits.bootSeconds.map { now + $0 } ?? after(settings.bootSeconds)
        servers.update(id) {
            $0.become(.running, at: now)
            $0.epoch += 1
            $0.answersFrom = booted
        }
    }

    /// Sets a status for a test. The status `off` also stops the machine without the API.
    mutating func force(_ id: Int64, _ status: Server.Status) {
        change(id, to: status)
        if status == .off { enqueue(.crash(server: id)) }
    }

    /// True if the agent on the server at this address replies now.
    func answers(at address: String) -> Bool {
        guard let server = servers.at(address: address), server.status == .running, let from = server.answersFrom else {
            return false
        }
        return from <= now && !server.traits.neverBoots && !server.traits.isSick
    }
}
