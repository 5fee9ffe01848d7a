import Locking
import Logging

/// Executes commands with containers.
struct Machines: Sendable {
    /// The first process of a machine. The start time distinguishes it from a later process with the same pid.
    struct MainProcess: Sendable {
        let pid: Int32
        let startTime: UInt64
    }

    let run: RunName
    let image: String
    let bridge: Bridge
    let seed: Seed
    let podman: Podman
    let logger: Logger
    /// The first process of each machine that has power, by server id.
    let processes = Locked<[Int64: MainProcess]>([:])

    /// Returns the machines that ended: the first process no longer runs.
    func ended() -> [Int64] {
        processes.withLock { $0 }.filter { ProcessIdentity.startTime(of: $0.value.pid) != $0.value.startTime }.map(
            \.key)
    }

    /// Removes a machine that no longer has power.
    func forget(_ server: Int64) { processes.withLock { $0[server] = nil } }

    /// Executes a command.
    func execute(_ command: HostCommand) async throws {
        let name = run.container(command.server)
        switch command {
        case .create(let server, _):
            try seed.write(server)
            try await podman.run(creation(server, name))
        case .start(let server, _):
            try await podman.run(["start", name])
            try await watch(server, name)
        case .stop(let server, _):
            forget(server)
            try await podman.run(["stop", "--time", "0", name])
        case .signalShutdown:
            // The signal that makes systemd power off, as a machine's power button does.
            try await podman.run(["kill", "--signal", "SIGRTMIN+4", name])
        case .restart(let server, let graceSeconds, _):
            forget(server)
            try await podman.run(["restart", "--time", String(graceSeconds), name])
            try await watch(server, name)
        case .remove(let server, _):
            forget(server)
            try await podman.run(["rm", "--force", "--time", "0", "--ignore", "--volumes", name])
            seed.remove(server)
        case .crash(let server):
            forget(server)
            try await podman.run(["stop", "--time", "0", name])
        }
    }

    private func watch(_ server: Int64, _ name: String) async throws {
        let text = try await podman.run(["inspect", "--format", "{{.State.Pid}}", name])
        // A process that has already ended has no start time, and so counts as ended.
        let pid = Int32(text.split(separator: "\n").first ?? "") ?? 0
        let process = MainProcess(pid: pid, startTime: ProcessIdentity.startTime(of: pid) ?? 0)
        processes.withLock { $0[server] = process }
    }

    private func creation(_ server: Server, _ name: String) -> [String] {
        let labels = [RunName.label: run.text, "aura.sandbox.server": String(server.id)]
        var arguments = ["create", "--name", name, "--runtime", "runc", "--pull", "never"]
        // The roles block the metadata service with a packet filter on the machine, which needs this capability.
        arguments += ["--cap-add", "NET_ADMIN"]
        arguments += ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--systemd=always"]
        arguments += ["--network", bridge.name, "--ip", server.ipv4?.text ?? "", "--hostname", server.name]
        arguments += ["--volume", "\(seed.path(server.id)):/var/lib/cloud/seed/nocloud:ro"]
        arguments += labels.sorted { $0.key < $1.key }.flatMap { ["--label", "\($0.key)=\($0.value)"] }
        arguments.append(image)
        // A machine that never boots has only its first process.
        return server.traits.neverBoots ? arguments + ["/bin/sleep", "infinity"] : arguments
    }
}
