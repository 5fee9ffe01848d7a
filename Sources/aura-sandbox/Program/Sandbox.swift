import FoundationEssentials
import Locking
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// One run of the sandbox, put together.
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
        let clock = Clock.system
        let seed = command.seed ?? UInt64.random(in: .min ... .max)
        let access = access()
        var settings = Settings()
        settings.timeScale = command.timeScale
        let cloud = Locked(
            Cloud(
                access: access, hosts: nil, rateLimit: command.rateLimit, settings: settings, seed: seed,
                now: clock.now()))
        let front = Front(cloud: cloud, clock: clock, wake: {})
        let ports = PortBoard()
        let address = try command.address()
        let main = Listener(
            name: "main", host: address.host, port: address.port, serves: { _ in true }, logger: logger,
            onBound: { ports.post("main", $0) }, respond: front.everything)
        let health = Listener(
            name: "health", host: "0.0.0.0", port: command.healthPort, serves: { Self.isRow($0, front) },
            logger: logger, onBound: { ports.post("health", $0) }, respond: front.health)
        let announcement = Announcement(
            ports: ports, expected: ["main", "health"], host: address.host,
            config: ConfigFile(path: Self.absolute(command.writeConfig), access: access, hosts: nil))
        try await group([main, health], announcement).run()
    }

    private func group(_ services: [any Service], _ announcement: Announcement) -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.services.append(.init(service: announcement, successTerminationBehavior: .ignore))
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        configuration.maximumCancellationDuration = .seconds(10)
        return ServiceGroup(configuration: configuration)
    }

    /// Random tokens, as long as the real ones.
    private func access() -> Cloud.Access {
        var dice = Dice(seed: UInt64.random(in: .min ... .max))
        let clientID = "k\(dice.word(10))CNTRL"
        return Cloud.Access(
            token: command.token ?? dice.word(64), readOnlyToken: dice.word(64), clientID: clientID,
            clientSecret: "tskey-client-\(clientID)-\(dice.word(32))")
    }

    /// Whether a connection goes to a row's address and that row's agent is up; a machine that is off refuses.
    private static func isRow(_ address: SocketAddress, _ front: Front) -> Bool {
        guard let text = address.ipAddress, let number = AddressPool.number(text), AddressPool.isLoopback(number) else {
            return false
        }
        return front.isUp(text)
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
