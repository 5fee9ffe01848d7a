import ArgumentParser
import Logging
import Storage

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Creates the database, or migrates it to this version's schema, and exits.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        do {
            let settings = try await options.load()
            let store = try await settings.database.open(settings.databaseClaim(), logger: Logger(label: "aurad"))
            Console.line(
                "the database \(settings.database.description) is up to date; its installation is \(store.installation)"
            )
        } catch let error as SettingsError {
            throw Failing.with(error, Failing.configuration)
        } catch let error as StorageError {
            throw Failing.with(error, Failing.unavailable)
        }
    }
}
