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
    /// The system clock.
    private static let now: @Sendable () -> Date = { Date() }

    init(command: AuraSandbox) {
        self.command = command
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        logger = Logger(label: "aura-sandbox")
    }

    /// Serves until SIGTERM or SIGINT.
    func run() async throws {
        switch command.hosts {
        case .none: try await runWithRows()
        case .podman: try await runWithMachines()
        }
    }

    private func runWithRows() async throws {
        let access = access()
        let cloud = cloud(access, hosts: nil)
        let webhooks = WebhookSender(cloud: cloud, now: Self.now, signal: WakeSignal())
        let handlers = RequestHandlers(cloud: cloud, now: Self.now, wake: { webhooks.signal.wake() })
        let ports = PortBoard()
        let health = Listener(
            name: "health", host: "0.0.0.0", port: command.healthPort ?? 18_789, serves: { Self.isRow($0, handlers) },
            logger: logger, onBound: { ports.post("health", $0) }, respond: handlers.health,
            fallback: command.healthPort == nil ? 0 : nil, device: "lo")
        let config = ConfigFile(path: Self.absolute(command.writeConfig), access: access, hosts: nil)
        let announcement = Announcement(
            ports: ports, second: "health", host: try command.address().host, config: config)
        try await serve([webhooks, try main(handlers, ports), health], announcement)
    }

    private func runWithMachines() async throws {
        let access = access()
        let environment = try await HostEnvironment.prepare(
            command, directory: Self.directory(of: command.writeConfig), logger)
        let cloud = cloud(access, hosts: environment.bridge.addresses)
        let signal = WakeSignal()
        let webhooks = WebhookSender(cloud: cloud, now: Self.now, signal: WakeSignal())
        let handlers = RequestHandlers(
            cloud: cloud, now: Self.now,
            wake: {
                signal.wake()
                webhooks.signal.wake()
            })
        let ports = PortBoard()
        let gateway = environment.bridge.gateway
        let tailnet = Listener(
            name: "tailnet", host: "0.0.0.0", port: 0, serves: { $0.ipAddress == gateway }, logger: logger,
            onBound: { ports.post("tailnet", $0) }, respond: handlers.tailnetOnly())
        let config = ConfigFile(path: Self.absolute(command.writeConfig), access: access, hosts: environment.config)
        let announcement = Announcement(
            ports: ports, second: "tailnet", host: try command.address().host, config: config)
        let hosts = Hosts(
            cloud: cloud, now: Self.now, machines: environment.machines(logger), signal: signal, logger: logger)
        do {
            try await serve([hosts, webhooks, try main(handlers, ports), tailnet], announcement)
        } catch {
            try? await environment.clear()
            throw error
        }
        try await environment.clear()
    }

    private func main(_ handlers: RequestHandlers, _ ports: PortBoard) throws -> Listener {
        let address = try command.address()
        return Listener(
            name: "main", host: address.host, port: address.port, serves: { _ in true }, logger: logger,
            onBound: { ports.post("main", $0) }, respond: handlers.everything())
    }

    private func cloud(_ access: Cloud.Access, hosts: AddressPool?) -> Locked<Cloud> {
        var settings = Settings()
        settings.timeScale = command.timeScale
        let seed = command.seed ?? UInt64.random(in: .min ... .max)
        return Locked(
            Cloud(
                access: access, hosts: hosts, rateLimit: command.rateLimit, settings: settings, seed: seed,
                now: Self.now()))
    }

    private func serve(_ services: [any Service], _ announcement: Announcement) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.services.append(.init(service: announcement, successTerminationBehavior: .ignore))
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        configuration.maximumCancellationDuration = .seconds(30)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// Returns the credentials: random, as long as real ones, except a token given with `--token`.
    private func access() -> Cloud.Access {
        var random = SeededRandom(seed: UInt64.random(in: .min ... .max))
        let clientID = "k\(random.word(10))CNTRL"
        return Cloud.Access(
            token: command.token ?? random.word(64), readOnlyToken: random.word(64), clientID: clientID,
            clientSecret: "tskey-client-\(clientID)-\(random.word(32))",
            stripeKey: "sk_test_51\(random.word(97))", stripeRestrictedKey: "rk_test_51\(random.word(97))")
    }

    /// True if a connection goes to the address of a simulated server with a running agent. Other connections are
    /// closed.
    private static func isRow(_ address: SocketAddress, _ handlers: RequestHandlers) -> Bool {
        guard let text = address.ipAddress, let number = AddressPool.number(text), AddressPool.isLoopback(number) else {
            return false
        }
        return handlers.isUp(text)
    }

    /// Returns the absolute path of the directory that contains a file.
    static func directory(of path: String) -> String {
        let parts = absolute(path).split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }

    /// Returns an absolute path; a relative path starts at the working directory.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
