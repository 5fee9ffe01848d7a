import Agents
import ArgumentParser
import AuraModel
import DriverKit
import Logging

struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Reads and checks the configuration, and does nothing else.",
        discussion: """
            With --online the providers are queried as well: server types and locations, the image, the firewall, and \
            the tailnet with a key that is created and revoked at once. Each finding is one line. Exit status: 0 if \
            machines can be created, 78 if the configuration cannot be used or a machine would fail, 69 if a provider \
            cannot be queried.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Query the providers as well; the only thing created there is a tailnet key, which is revoked at once.")
    var online = false

    func run() async throws {
        do {
            let settings = try await options.load()
            let database = settings.persistence.database.description
            Console.line("the configuration can be used: socket \(settings.wire.socket), database \(database)")
            let names = settings.machines.operations.agent.environment.keys.sorted()
            if !names.isEmpty { Console.line("the agent gets the keys \(names.joined(separator: ", "))") }
            if online { try await askProviders(settings) }
        } catch let error as SettingsError {
            throw Failing.with(error, Failing.configuration)
        }
    }

    private func askProviders(_ settings: Settings) async throws {
        let machines = try MachineAssembly(
            settings: settings, time: SystemTime(), random: SystemRandom(),
            logger: Logger(label: "aurad") { _ in SwiftLogNoOpLogHandler() })
        let outcome = await machines.check(installation: nil).run()
        await machines.shutdown()
        let source = options.config ?? "the environment"
        for finding in outcome.findings { Console.line("\(source): \(finding)") }
        for failure in outcome.failures { Console.error("aurad: cannot check a provider: \(failure.message)") }
        if outcome.findings.contains(where: { $0.severity == .error }) { throw Failing.configuration }
        guard outcome.failures.isEmpty else { throw Failing.unavailable }
        Console.line("the providers accept it: machines can be made")
    }
}
