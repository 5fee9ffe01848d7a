import FoundationEssentials
import Locking
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// One run of the sandbox, which assembles all components.
struct Sandbox: Sendable {
    let command: AuraSandbox
    private let logger: Logger

    init(command: AuraSandbox) {
        self.command = command
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        logger = Logger(label: "aura-sandbox")
    }

    /// Serves until a signal comes.
    func run() async throws {
        switch command.hosts {
        case .none: try await runWithRows()
        case .podman: try await runWithMachines()
        }
    }

    private func runWithRows() async throws {
        let access = access()
        let front = Front(cloud: cloud(access, hosts: nil), clock: .system, wake: {})
        let ports = PortBoard()
        let health = Listener(
            name: "health", host: "0.0.0.0", port: command.healthPort ?? 18_789, serves: { Self.isRow($0, front) },
            logger: logger, onBound: { ports.post("health", $0) }, respond: front.health,
            fallback: command.healthPort == nil ? 0 : nil, device: "lo")
        let config = ConfigFile(path: Self.absolute(command.writeConfig), access: access, hosts: nil)
        let announcement = Announcement(
            ports: ports, second: "health", host: try command.address().host, config: config)
        try await serve([try main(front, ports), health], announcement)
    }

    private func runWithMachines() async throws {
        let access = access()
        let ground = try await Ground.prepare(command, directory: Self.directory(command.writeConfig), logger)
        let cloud = cloud(access, hosts: ground.bridge.addresses)
        let nudges = Hosts.Nudges()
        let front = Front(cloud: cloud, clock: .system, wake: { nudges.wake() })
        let ports = PortBoard()
        let gateway = ground.bridge.gateway
        let tailnet = Listener(
            name: "tailnet", host: "0.0.0.0", port: 0, serves: { $0.ipAddress == gateway }, logger: logger,
            onBound: { ports.post("tailnet", $0) }, respond: front.tailnetOnly)
        let config = ConfigFile(path: Self.absolute(command.writeConfig), access: access, hosts: ground.config)
        let announcement = Announcement(
            ports: ports, second: "tailnet", host: try command.address().host, config: config)
        let hosts = Hosts(
            cloud: cloud, clock: .system, machines: ground.machines(logger), nudges: nudges, logger: logger)
        do {
            try await serve([hosts, try main(front, ports), tailnet], announcement)
        } catch {
            try? await ground.clear()
            throw error
        }
        try await ground.clear()
    }

    private func main(_ front: Front, _ ports: PortBoard) throws -> Listener {
        let address = try command.address()
        return Listener(
            name: "main", host: address.host, port: address.port, serves: { _ in true }, logger: logger,
            onBound: { ports.post("main", $0) }, respond: front.everything)
    }

    private func cloud(_ access: Cloud.Access, hosts: AddressPool?) -> Locked<Cloud> {
        var settings = Settings()
        settings.timeScale = command.timeScale
        let seed = command.seed ?? UInt64.random(in: .min ... .max)
        return Locked(
            Cloud(
                access: access, hosts: hosts, rateLimit: command.rateLimit, settings: settings, seed: seed,
                now: Clock.system.now()))
    }

    private func serve(_ services: [any Service], _ announcement: Announcement) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.services.append(.init(service: announcement, successTerminationBehavior: .ignore))
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        configuration.maximumCancellationDuration = .seconds(30)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// Returns random tokens of the same length as real ones.
    private func access() -> Cloud.Access {
        var dice = Dice(seed: UInt64.random(in: .min ... .max))
        let clientID = "k\(dice.word(10))CNTRL"
        return Cloud.Access(
            token: command.token ?? dice.word(64), readOnlyToken: dice.word(64), clientID: clientID,
            clientSecret: "tskey-client-\(clientID)-\(dice.word(32))")
    }

    /// True if a connection goes to the address of a simulated server with a running agent. Other connections are
    /// refused, as by a machine that is off.
    private static func isRow(_ address: SocketAddress, _ front: Front) -> Bool {
        guard let text = address.ipAddress, let number = AddressPool.number(text), AddressPool.isLoopback(number) else {
            return false
        }
        return front.isUp(text)
    }

    private static func directory(_ path: String) -> String {
        let parts = absolute(path).split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
