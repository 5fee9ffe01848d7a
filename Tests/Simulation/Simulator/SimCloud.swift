import AuraModel
import DriverKit
import Locking
import TestKit

/// The cloud of a world: servers, keys and devices. Each effect happens at one moment on the scheduler's thread.
///
/// It behaves like a real cloud. Names are unique, ids are never reused, and creating and deleting take time. A lookup
/// by name may not find a server that was just created.
final class SimCloud: Sendable {
    struct Machine {
        var server: Server
        var madeAt: Int64
        var isConfigured = false
    }

    struct State {
        var machines: [Int: Machine] = [:]
        var keys: [Int: ServerKey] = [:]
        var devices: [String: NetworkDevice] = [:]
        var enrolmentKeys: Set<String> = []
        var actions: [String: ServerAction] = [:]
        var lastID = 0
        /// The number of machines that were created under each name.
        var made: [String: Int] = [:]

        mutating func id() -> Int {
            lastID += 1
            return lastID
        }
    }

    static let tag = "tag:agent"

    let scheduler: Scheduler
    private let random: any RandomSource
    private let state = Locked(State())
    /// True once lookups are never stale and creations never fail.
    private let isCalm = Locked(false)

    init(scheduler: Scheduler, random: any RandomSource) {
        self.scheduler = scheduler
        self.random = random
    }

    /// Ends stale lookups and failing creations.
    func calmDown() {
        isCalm.withLock { $0 = true }
    }

    func withState<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
        try state.withLock { try body(&$0) }
    }

    /// The machines that are not being deleted, sorted by id.
    var machines: [Machine] {
        state.withLock { $0.machines.sorted { $0.key < $1.key }.map(\.value).filter { $0.server.status != .deleting } }
    }

    var keys: [ServerKey] { state.withLock { $0.keys.sorted { $0.key < $1.key }.map(\.value) } }
    var devices: [NetworkDevice] { state.withLock { $0.devices.values.sorted { $0.nodeID < $1.nodeID } } }

    private func takes(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(random.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    static func notFound(_ what: String) -> Failure {
        Failure(.permanent, code: "not_found", message: "\(what) does not exist")
    }
}

// MARK: - Machines

extension SimCloud {
    func server(named name: String) -> Server? {
        let hidesNew = !isCalm.withLock { $0 } && random.next() % 4 == 0
        let now = scheduler.now
        return withState { state in
            state.machines.values.first { machine in
                machine.server.name == name && !(hidesNew && now - machine.madeAt < 2000)
            }?.server
        }
    }

    func server(id: String) -> Server? {
        withState { state in Int(id).flatMap { state.machines[$0]?.server } }
    }

    func servers(labels: [String: String]) -> [Server] {
        machines.map(\.server).filter { server in labels.allSatisfy { server.labels[$0.key] == $0.value } }
    }

    func create(_ specification: ServerSpecification) throws -> ServerCreation {
        let now = scheduler.now
        let (creation, number) = try withState { state in
            if state.machines.values.contains(where: { $0.server.name == specification.name }) {
                throw Failure(.ambiguous, code: "uniqueness_error", message: "server name is already used")
            }
            let number = state.id()
            let server = Server(
                id: "\(number)", name: specification.name, status: .initializing, address: "192.0.2.\(number % 250)",
                location: specification.placement.location, serverType: specification.placement.serverType,
                labels: specification.labels)
            state.machines[number] = Machine(server: server, madeAt: now)
            state.made[specification.name, default: 0] += 1
            state.actions["a\(number)"] = ServerAction(id: "a\(number)", status: .running)
            return (ServerCreation(server: server, actionIDs: ["a\(number)"]), number)
        }
        let isOff = random.next() % 2 == 0
        let fails = !isCalm.withLock { $0 } && random.next() % 40 == 0
        scheduler.after(takes(1000...8000)) {
            self.withState { state in
                let failure = Failure(.transient, code: "action_failed", message: "it did not start")
                state.actions["a\(number)"]?.status = fails ? .error(failure) : .success
                if fails, isOff {
                    state.machines[number]?.server.status = .off
                } else if state.machines[number]?.server.status == .initializing {
                    state.machines[number]?.server.status = .running
                }
            }
        }
        return creation
    }

    /// Removes a machine as if another party had deleted it.
    func vanish(_ id: String) {
        withState { state in
            guard let number = Int(id), let gone = state.machines.removeValue(forKey: number) else { return }
            state.made[gone.server.name] = 0
        }
    }

    /// Adds a machine with our labels that no row knows, as a daemon would leave that lost its record of it.
    func plant(labels: [String: String]) {
        withState { state in
            let number = state.id()
            let server = Server(
                id: "\(number)", name: "aura-orphan-\(10_000_000 + number)-g1", status: .running,
                address: "192.0.2.\(number % 250)", location: "fsn1", serverType: "cx23",
                labels: labels.merging(["aura-instance": "orphan-\(number)"]) { $1 })
            state.machines[number] = Machine(server: server, madeAt: 0)
        }
    }

    func delete(_ id: String) {
        guard let number = Int(id), withState({ $0.machines[number] != nil }) else { return }
        withState { $0.machines[number]?.server.status = .deleting }
        scheduler.after(takes(200...4000)) {
            self.withState { state in
                guard let gone = state.machines.removeValue(forKey: number) else { return }
                // If the creation of a machine failed, another machine may be created under its name.
                if case .error = state.actions["a\(number)"]?.status { state.made[gone.server.name] = 0 }
            }
        }
    }

    func power(_ id: String, to status: ServerStatus) throws -> [String] {
        guard let number = Int(id), withState({ $0.machines[number] != nil }) else { throw Self.notFound("server") }
        let action = withState { state in
            let name = "a\(state.id())"
            state.actions[name] = ServerAction(id: name, status: .running)
            return name
        }
        scheduler.after(takes(200...5000)) {
            self.withState { state in
                state.actions[action]?.status = .success
                guard let present = state.machines[number]?.server.status, present != .deleting else { return }
                state.machines[number]?.server.status = status
            }
        }
        return [action]
    }

    func actions(_ ids: [String]) -> [ServerAction] {
        withState { state in ids.compactMap { state.actions[$0] } }
    }

    /// Applies the effect of a play: the machine at this address is configured.
    func configure(_ address: String) throws {
        try withState { state in
            guard let place = state.machines.first(where: { $0.value.server.address == address })?.key,
                state.machines[place]?.server.status == .running
            else { throw Failure(.transient, code: "unreachable", message: "the host is unreachable") }
            state.machines[place]?.isConfigured = true
        }
    }

    /// Throws unless the machine at this address is running.
    func reach(_ address: String) throws {
        let isUp = withState { state in
            state.machines.values.contains { $0.server.address == address && $0.server.status == .running }
        }
        if !isUp { throw Failure(.transient, code: "unreachable", message: "no route to host") }
    }
}

// MARK: - Keys and devices

extension SimCloud {
    func key(named name: String) -> ServerKey? { keys.first { $0.name == name } }

    func createKey(_ specification: ServerKeySpecification) throws -> ServerKey {
        try withState { state in
            if state.keys.values.contains(where: { $0.name == specification.name }) {
                throw Failure(.ambiguous, code: "uniqueness_error", message: "SSH key name is already used")
            }
            let number = state.id()
            let key = ServerKey(
                id: "\(number)", name: specification.name, publicKey: specification.publicKey,
                labels: specification.labels)
            state.keys[number] = key
            return key
        }
    }

    func deleteKey(_ id: String) {
        withState { state in _ = Int(id).map { state.keys.removeValue(forKey: $0) } }
    }

    func mintKey() -> EnrolmentKey {
        let created = Timestamp(milliseconds: Scheduler.epoch.milliseconds + scheduler.now)
        return withState { state in
            let id = "k\(state.id())"
            state.enrolmentKeys.insert(id)
            return EnrolmentKey(id: id, secret: Secret(id), created: created)
        }
    }

    func revokeKey(_ id: String) {
        withState { _ = $0.enrolmentKeys.remove(id) }
    }

    /// Joins a machine with an enrolment key, which can be used once.
    func join(_ key: String, hostname: String) throws -> NetworkDevice {
        try withState { state in
            guard state.enrolmentKeys.remove(key) != nil else {
                throw Failure(.permanent, code: "taskFailed", message: "the key is not valid")
            }
            let device = NetworkDevice(
                nodeID: "n\(state.id())", hostname: hostname, name: "\(hostname).tail.net", addresses: ["100.64.0.1"],
                tags: [Self.tag], isAuthorized: true,
                created: Timestamp(milliseconds: Scheduler.epoch.milliseconds + scheduler.now))
            state.devices[device.nodeID] = device
            return device
        }
    }

    func deleteDevice(_ id: String) {
        withState { $0.devices[id] = nil }
    }
}
