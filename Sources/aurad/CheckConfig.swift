import ArgumentParser
import ControlPlane

struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Reads and checks the configuration, and does nothing else.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        do {
            let settings = try await options.load()
            Console.line(
                "the configuration can be used: socket \(settings.wire.socket), database \(settings.database.description)"
            )
            let names = settings.machines.operations.agent.environment.keys.sorted()
            if !names.isEmpty { Console.line("the agent gets the keys \(names.joined(separator: ", "))") }
        } catch let error as SettingsError {
            throw Failing.with(error, Failing.configuration)
        }
    }
}
