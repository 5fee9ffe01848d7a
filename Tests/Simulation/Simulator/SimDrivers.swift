import Agents
import AuraModel
import DriverKit
import JSON
import Locking
import TestKit

/// The step that the current task executes, for checks at the moment of its effects.
enum PresentStep {
    struct Place: Sendable {
        var job: JobID
        var epoch: Int64
        /// The name of the step.
        var step: String
        var isUndo: Bool
    }

    @TaskLocal static var place: Place?
}

/// The cloud as one daemon reaches it.
///
/// A call checks the lease as the real drivers do, takes some time to arrive, has its effect at one moment, and
/// replies. In between, the daemon may die or be paused, or the reply may be lost.
struct SimDrivers: Sendable {
    let cloud: SimCloud
    let daemon: SimDaemon
    let world: World

    func call<Value: Sendable>(
        _ name: String, changes: Bool = false, isAmbiguousWhenLost: Bool = true,
        _ effect: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try daemon.checkAlive()
        try LeaseGuard.check(changes: changes)
        let fault = world.fault(.cloud, name, daemon)
        if fault == .crashBefore {
            daemon.crash()
            throw Dead()
        }
        if case .refuse(let errorClass) = fault {
            try await world.scheduler.travel(20) {}
            throw Failure(errorClass, code: "refused", message: "\(name) was refused")
        }
        let place = PresentStep.place
        let value = try await world.scheduler.travel(Int64(world.random.next() % 1500)) {
            if changes { world.checkEffect(name, place, daemon) }
            let value = try effect()
            if fault == .repeated, changes { _ = try? effect() }
            if fault == .crashAfter { daemon.crash() }
            return value
        }
        try daemon.checkAlive()
        guard fault == .loseAnswer else { return value }
        try await world.scheduler.travel(5000) {}
        throw Failure(changes ? .ambiguous : .transient, code: "timeout", message: "no answer to \(name)")
    }
}

extension SimDrivers: ComputeDriver {
    func objection(to placement: Placement) -> String? { nil }
    func check(image: String, isOurs: @Sendable ([String: String]) -> Bool) async throws -> [ProviderFinding] { [] }

    func placements(region: String, size: String) -> [Placement] {
        [Placement(location: "fsn1", serverType: "cx23"), Placement(location: "nbg1", serverType: "cx23")]
    }

    func server(named name: String) async throws -> Server? {
        try await call("find server") { cloud.server(named: name) }
    }
    func server(id: String) async throws -> Server? { try await call("read server") { cloud.server(id: id) } }
    func servers(labels: [String: String]) async throws -> [Server] {
        try await call("list servers") { cloud.servers(labels: labels) }
    }
    func createServer(_ specification: ServerSpecification) async throws -> ServerCreation {
        try await call("create server", changes: true) {
            let creation = try cloud.create(specification)
            world.checkMachines()
            return creation
        }
    }
    func deleteServer(id: String) async throws -> [String] {
        try await call("delete server", changes: true) {
            cloud.delete(id)
            return []
        }
    }
    func powerOn(serverID: String) async throws -> [String] {
        try await call("power on", changes: true) { try cloud.power(serverID, to: .running) }
    }
    func powerOff(serverID: String) async throws -> [String] {
        try await call("power off", changes: true) { try cloud.power(serverID, to: .off) }
    }
    func shutdown(serverID: String) async throws -> [String] {
        try await call("shut down", changes: true) { try cloud.power(serverID, to: .off) }
    }
    func reboot(serverID: String) async throws -> [String] { [] }
    func actions(ids: [String]) async throws -> [ServerAction] { try await call("read actions") { cloud.actions(ids) } }
    func key(named name: String) async throws -> ServerKey? { try await call("find key") { cloud.key(named: name) } }
    func keys(labels: [String: String]) async throws -> [ServerKey] { try await call("list keys") { cloud.keys } }
    func createKey(_ specification: ServerKeySpecification) async throws -> ServerKey {
        try await call("create key", changes: true) { try cloud.createKey(specification) }
    }
    func deleteKey(id: String) async throws {
        try await call("delete key", changes: true) { cloud.deleteKey(id) }
    }
    func ensureFirewall(labels: [String: String]) async throws -> String? { "firewall" }
}

extension SimDrivers: NetworkDriver {
    func check() async throws -> [ProviderFinding] { [] }

    var machineTags: Set<String> { [SimCloud.tag] }
    func mintKey(_ specification: EnrolmentKeySpecification) async throws -> EnrolmentKey {
        try await call("mint key", changes: true) { cloud.mintKey() }
    }
    func revokeKey(id: String) async throws { try await call("revoke key", changes: true) { cloud.revokeKey(id) } }
    func device(nodeID: String) async throws -> NetworkDevice? {
        try await call("read device") { cloud.devices.first { $0.nodeID == nodeID } }
    }
    func devices() async throws -> [NetworkDevice] { try await call("list devices") { cloud.devices } }
    func devices(hostname: String) async throws -> [NetworkDevice] {
        try await call("list devices") { cloud.devices.filter { $0.hostname == hostname } }
    }
    func deleteDevice(nodeID: String) async throws {
        try await call("delete device", changes: true) { cloud.deleteDevice(nodeID) }
    }
}

extension SimDrivers: ConfigurationDriver {
    func run(
        _ run: ConfigurationRun, report: @escaping @Sendable (ConfigurationEvent) async throws -> Void
    ) async throws -> ConfigurationSummary {
        try await report(.playStarted(name: run.play.rawValue, tasks: 2))
        for task in 1...2 {
            try await report(.taskStarted(name: "task \(task)", index: task))
            // Like Ansible's processes, the run ends when the daemon's task is cancelled. It makes no progress while
            // the daemon is paused.
            try await world.scheduler.sleep(Int64(1000 + world.random.next() % 5000))
        }
        var summary = ConfigurationSummary(ok: 2)
        switch run.play {
        case .machine:
            try await call("configure", changes: true) { try cloud.configure(run.access.address) }
        case .network:
            let key = run.secretFiles["tailnet_auth_key_file"]?.reveal() ?? ""
            let device = try await call("join", changes: true) {
                try cloud.reach(run.access.address)
                return try cloud.join(key, hostname: run.instance.resourceName)
            }
            summary.data["aura"] = [
                "tailnet": [
                    "nodeId": .string(device.nodeID), "name": .string(device.name), "addresses": ["100.64.0.1"],
                ]
            ]
        case .teardown:
            try await call("tear down", changes: true) { try cloud.reach(run.access.address) }
        }
        try await report(.recap(summary))
        return summary
    }
}

extension SimDrivers: HealthDriver {
    func probe(_ target: HealthTarget) async throws -> HealthReport {
        try await call("probe") {
            try cloud.reach(target.address)
            return HealthReport(status: 200, body: "ready")
        }
    }
}

extension SimDrivers: RemoteShellDriver {
    func makeKeyPair(comment: String) async throws -> KeyPair {
        let number = world.random.next() % 1_000_000
        return KeyPair(privateKey: Secret("private \(number)"), publicKey: "ssh-ed25519 \(number) \(comment)")
    }

    func reach(_ access: SSHAccess) async throws {
        try await call("reach") { try cloud.reach(access.address) }
    }
}

extension SimDrivers: CredentialStore {
    func load(_ instance: Instance) async throws -> MachineCredentials? {
        try daemon.checkAlive()
        return world.credentials.withLock { $0[instance.resourceName] }
    }

    func save(_ credentials: MachineCredentials, for instance: Instance) async throws {
        try daemon.checkAlive()
        world.credentials.withLock { $0[instance.resourceName] = credentials }
    }

    func remove(_ instance: Instance) async throws {
        try daemon.checkAlive()
        world.credentials.withLock { $0[instance.resourceName] = nil }
    }
}
