import ArgumentParser
import FeatureKit
import Logging
import Storage

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Creates the database, or migrates it to this version's schema, and exits.",
        discussion: """
            Uses only the settings of the database (database, postgres) and of the directories (stateDirectory, \
            credentialsDirectory). The values of other settings may be missing or wrong.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        do {
            let persistence = try await options.loadPersistence()
            let store = try await persistence.openStore(kinds: Features.kinds, logger: Logger(label: "aurad"))
            let database = persistence.database.description
            Console.line("the database \(database) is up to date; its installation is \(store.installation)")
        } catch let error as SettingsError {
            throw Failing.with(error, Failing.configuration)
        } catch let error as StorageError {
            throw Failing.with(error, Failing.unavailable)
        }
    }
}
