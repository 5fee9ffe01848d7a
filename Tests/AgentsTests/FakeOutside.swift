import Agents
import AuraModel
import DriverKit
import JSON
import Locking

/// The external systems of one test, in memory: servers, keys, devices and machines. A test can refuse any call.
final class FakeOutside: Sendable {
    struct State {
        var servers: [String: Server] = [:]
        var keys: [String: ServerKey] = [:]
        var devices: [NetworkDevice] = []
        var actions: [String: ServerAction] = [:]
        var credentials: [String: MachineCredentials] = [:]
        var minted: [String] = []
        var lastID = 0
        var calls: [String] = []
        /// The placements of all create calls, in order.
        var placements: [Placement] = []
        /// The node id that a machine reports when it joins, or `nil` for its own.
        var reported: String?
        /// The statuses of the next actions, by the name of the call that begins them; an action without an entry
        /// succeeds.
        var outcomes: [String: [ServerAction.Status]] = [:]
        /// A failure that the driver reports as a retry of its own, or `nil`.
        var driverRetry: Failure?
        /// Placements that the catalogue does not offer.
        var retired: Set<Placement> = []
        /// The findings of each provider's check.
        var findings: [ProviderFinding] = []
        /// The status of a new server.
        var statusAtBirth = ServerStatus.running

        mutating func id(_ prefix: String) -> String {
            lastID += 1
            return "\(prefix)\(lastID)"
        }
    }

    static let tag = "tag:agent"
    typealias Refusal = @Sendable (_ call: String, _ number: Int) -> Failure?

    let time: any TimeSource
    let state = Locked(State())
    private let refusal = Locked<Refusal>({ _, _ in nil })
    private let counts = Locked<[String: Int]>([:])
    private let hidden = Locked<[String: Int]>([:])

    init(time: any TimeSource) {
        self.time = time
    }

    /// Sets the function that decides whether a call is refused. `number` counts the calls of that name, beginning with
    /// 1.
    func refuse(_ body: @escaping Refusal) {
        counts.withLock { $0 = [:] }
        refusal.withLock { $0 = body }
    }

    /// Makes one call of each kind find nothing: call number `first` of `one` and call number `second` of `other`.
    func hides(_ one: String, _ first: Int, andThen other: String, _ second: Int) {
        hidden.withLock { $0 = [one: first, other: second] }
        refuse { _, _ in nil }
    }

    private func isHidden(_ name: String) -> Bool {
        hidden.withLock { $0[name] } == counts.withLock { $0[name] }
    }

    var calls: [String] { state.withLock { $0.calls } }
    var devices: [NetworkDevice] { state.withLock { $0.devices } }
    var servers: [Server] { state.withLock { $0.servers.values.sorted { $0.id < $1.id } } }

    func call<Value>(_ name: String, _ body: (inout State) throws -> Value) throws -> Value {
        try LeaseGuard.check(changes: !["find", "read", "list", "probe", "reach"].contains { name.hasPrefix($0) })
        let number = counts.withLock { counts in
            counts[name, default: 0] += 1
            return counts[name, default: 0]
        }
        if let failure = refusal.withLock({ $0 })(name, number) { throw failure }
        return try state.withLock { state in
            state.calls.append(name)
            return try body(&state)
        }
    }

    func device(_ id: String, _ hostname: String, tags: [String] = [tag], isExternal: Bool = false) -> NetworkDevice {
        NetworkDevice(
            nodeID: id, hostname: hostname, name: "\(hostname).t.net", addresses: ["100.64.0.9"], tags: tags,
            isAuthorized: true, created: time.now(), isExternal: isExternal)
    }
}

extension FakeOutside: ComputeDriver {
    func placements(region: String, size: String) -> [Placement] {
        [("a", "x"), ("b", "x"), ("a", "y")].map { Placement(location: $0.0, serverType: $0.1) }
    }
    func server(named name: String) async throws -> Server? {
        let found = try call("find server") { $0.servers.values.first { $0.name == name } }
        return isHidden("find server") ? nil : found
    }
    func server(id: String) async throws -> Server? {
        let found = try call("read server") { state in
            state.calls.append("read server \(id)")
            return state.servers[id]
        }
        return isHidden("read server") ? nil : found
    }
    func servers(labels: [String: String]) async throws -> [Server] {
        try call("list servers") { $0.servers.values.sorted { $0.id < $1.id } }
    }
    func createServer(_ specification: ServerSpecification) async throws -> ServerCreation {
        state.withLock { $0.placements.append(specification.placement) }
        return try call("create server") { state in
            if state.servers.values.contains(where: { $0.name == specification.name }) {
                throw Failure(.ambiguous, code: "uniqueness_error", message: "server name is already used")
            }
            let server = Server(
                id: state.id("s"), name: specification.name, status: state.statusAtBirth, address: "192.0.2.1",
                location: specification.placement.location, serverType: specification.placement.serverType,
                labels: specification.labels)
            state.servers[server.id] = server
            return ServerCreation(server: server, actionIDs: [Self.begin("create", &state)])
        }
    }
    func deleteServer(id: String) async throws -> [String] {
        try call("delete server") { state in
            state.servers[id] = nil
            return []
        }
    }
    func powerOn(serverID: String) async throws -> [String] { try power("power on", serverID, .running) }
    func powerOff(serverID: String) async throws -> [String] { try power("power off", serverID, .off) }
    func shutdown(serverID: String) async throws -> [String] { try power("shut down", serverID, .off) }
    func reboot(serverID: String) async throws -> [String] { [] }
    func actions(ids: [String]) async throws -> [ServerAction] {
        try call("read actions") { state in ids.compactMap { state.actions[$0] } }
    }
    func key(named name: String) async throws -> ServerKey? {
        try call("find key") { $0.keys.values.first { $0.name == name } }
    }
    func keys(labels: [String: String]) async throws -> [ServerKey] {
        try call("list keys") { $0.keys.values.sorted { $0.id < $1.id } }
    }
    func createKey(_ specification: ServerKeySpecification) async throws -> ServerKey {
        try call("create key") { state in
            let key = ServerKey(
                id: state.id("y"), name: specification.name, publicKey: specification.publicKey,
                labels: specification.labels)
            state.keys[key.id] = key
            return key
        }
    }
    func deleteKey(id: String) async throws { try call("delete key") { $0.keys[id] = nil } }
    func ensureFirewall(labels: [String: String]) async throws -> String? {
        if let failure = state.withLock({ $0.driverRetry }) {
            await LeaseGuard.willRetry(failure, tries: 3, of: 4, after: .seconds(8))
        }
        return "firewall"
    }
    func objection(to placement: Placement) -> String? {
        state.withLock { $0.retired.contains(placement) } ? "it cannot be ordered since 2026-01-01" : nil
    }
    func check(image: String, isOurs: @Sendable ([String: String]) -> Bool) async throws -> [ProviderFinding] {
        try call("list types") { $0.findings }
    }

    private static func begin(_ name: String, _ state: inout State) -> String {
        let action = state.id("a")
        var status = ServerAction.Status.success
        if var given = state.outcomes[name], !given.isEmpty {
            status = given.removeFirst()
            state.outcomes[name] = given
        }
        state.actions[action] = ServerAction(id: action, status: status)
        return action
    }

    private func power(_ name: String, _ id: String, _ status: ServerStatus) throws -> [String] {
        try call(name) { state in
            let action = Self.begin(name, &state)
            if state.actions[action]?.status == .success { state.servers[id]?.status = status }
            return [action]
        }
    }
}

extension FakeOutside: NetworkDriver {
    var machineTags: Set<String> { [Self.tag] }
    func mintKey(_ specification: EnrolmentKeySpecification) async throws -> EnrolmentKey {
        let now = time.now()
        return try call("mint key") { state in
            let id = state.id("k")
            state.minted.append(id)
            return EnrolmentKey(id: id, secret: Secret(id), created: now)
        }
    }
    func revokeKey(id: String) async throws { try call("revoke key") { $0.minted.removeAll { $0 == id } } }
    func device(nodeID: String) async throws -> NetworkDevice? {
        try call("read device") { $0.devices.first { $0.nodeID == nodeID } }
    }
    func devices() async throws -> [NetworkDevice] { try call("list devices") { $0.devices } }
    func devices(hostname: String) async throws -> [NetworkDevice] {
        try call("list devices") { $0.devices.filter { $0.isNamed(hostname) } }
    }
    func deleteDevice(nodeID: String) async throws {
        try call("delete device") { $0.devices.removeAll { $0.nodeID == nodeID } }
    }
    func check() async throws -> [ProviderFinding] { try call("mint and revoke") { _ in [] } }
}

extension FakeOutside: ConfigurationDriver {
    func run(
        _ run: ConfigurationRun, report: @escaping @Sendable (ConfigurationEvent) async throws -> Void
    ) async throws -> ConfigurationSummary {
        var summary = ConfigurationSummary(ok: 1)
        switch run.play {
        case .machine: try call("configure") { _ in }
        case .teardown: try call("tear down") { _ in }
        case .network:
            let node = try call("join") { state in
                let own = "n\(state.devices.count + 1)"
                state.devices.append(device(own, run.instance.resourceName))
                return state.reported ?? own
            }
            summary.data["aura"] = [
                "tailnet": ["nodeId": .string(node), "name": "chosen.by.the.machine", "addresses": ["203.0.113.66"]]
            ]
        }
        return summary
    }
}

extension FakeOutside: HealthDriver, RemoteShellDriver, CredentialStore {
    func probe(_ target: HealthTarget) async throws -> HealthReport {
        try call("probe") { _ in HealthReport(status: 200, body: "ready") }
    }
    func makeKeyPair(comment: String) async throws -> KeyPair {
        KeyPair(privateKey: Secret("private \(comment)"), publicKey: "ssh-ed25519 AAAA \(comment)")
    }
    func reach(_ access: SSHAccess) async throws { try call("reach") { _ in } }
    func load(_ instance: Instance) async throws -> MachineCredentials? {
        state.withLock { $0.credentials[instance.resourceName] }
    }
    func save(_ credentials: MachineCredentials, for instance: Instance) async throws {
        state.withLock { $0.credentials[instance.resourceName] = credentials }
    }
    func remove(_ instance: Instance) async throws { state.withLock { $0.credentials[instance.resourceName] = nil } }
}
