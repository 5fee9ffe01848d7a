import ArgumentParser
import Storage
import StorageSQLite

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Makes the database, or brings it to this version's schema, and ends.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        do {
            let settings = try await options.load()
            let store = try SQLiteStore(path: settings.database, installation: Installation.new())
            Console.line("the database \(settings.database) is up to date; its installation is \(store.installation)")
        } catch let error as SettingsError {
            throw Failing.with(error, Failing.configuration)
        } catch let error as StorageError {
            throw Failing.with(error, Failing.unavailable)
        }
    }
}
