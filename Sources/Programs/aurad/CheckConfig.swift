import ArgumentParser
import AuraModel
import DriverKit
import FeatureKit
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
            for line in settings.features.flatMap(\.summary) { Console.line(line) }
            if online { try await askProviders(settings) }
        } catch let error as SettingsError {
            throw Failing.with(error, Failing.configuration)
        }
    }

    private func askProviders(_ settings: Settings) async throws {
        let environment = settings.environment(
            owner: Installation.boot(), time: SystemTime(), random: SystemRandom(),
            logger: Logger(label: "aurad") { _ in SwiftLogNoOpLogHandler() })
        var checks: [OnlineCheck] = []
        for feature in settings.features {
            if let check = await feature.checkOnline(environment) { checks.append(check) }
        }
        let findings = checks.flatMap(\.findings)
        let failures = checks.flatMap(\.failures)
        let source = options.config ?? "the environment"
        for finding in findings { Console.line("\(source): \(finding)") }
        for failure in failures { Console.error("aurad: cannot check a provider: \(failure.message)") }
        if findings.contains(where: { $0.severity == .error }) { throw Failing.configuration }
        guard failures.isEmpty else { throw Failing.unavailable }
        for check in checks { Console.line(check.acceptance) }
    }
}
