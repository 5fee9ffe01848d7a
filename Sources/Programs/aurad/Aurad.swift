import ArgumentParser
import AuraAPI
import CDescriptors
import FeatureKit

/// The command line of the daemon.
@main
struct Aurad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aurad", abstract: "Serves Aura's control plane over JSON-RPC.", version: AuraVersion.text,
        subcommands: [Run.self, CheckConfig.self, Migrate.self, Confine.self], defaultSubcommand: Run.self)

    static func main() async {
        aura_reserve_standard_descriptors()
        TrustedDirectory.closeUmask()
        await main(nil)
    }
}

/// The options of every command. A flag overrides the environment, which overrides the file.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "The configuration: a YAML file.")
    var config: String?

    @Option(help: "The path of the Unix socket that clients connect to.")
    var socket: String?

    @Option(
        help: """
            HOST:PORT or tls://HOST:PORT to serve over TCP as well; callers need a token; beyond loopback addresses with TLS only.
            """)
    var listen: String?

    @Option(
        help: """
            HOST:PORT or https://HOST:PORT to serve WebSocket (/ws) and HTTP (POST /rpc) as well, as --listen.
            """)
    var http: String?

    @Option(help: "The database of jobs and events: sqlite:PATH or postgres://USER@HOST/DATABASE.")
    var database: String?

    /// Reads and checks all settings. Throws `SettingsError`.
    func load() async throws -> Settings {
        let settings = try Settings.read(try await source(), features: Features.all)
        try settings.checkDirectories()
        return settings
    }

    /// Reads and checks the settings of the database and of the directories; the others' values are not read. Throws
    /// `SettingsError`.
    func loadPersistence() async throws -> Settings.Persistence {
        let persistence = try Settings.Persistence.read(try await source())
        try persistence.checkDirectories()
        return persistence
    }

    private func source() async throws -> SettingsSource {
        if let database { try DatabaseLocation.checkFlag(database) }
        if let config { try TrustedDirectory.check(TrustedDirectory.parent(of: config), .configuration) }
        let flags = ["socket": socket, "listen": listen, "http": http, "database": database].compactMapValues { $0 }
        let known = KnownSettings(Settings.declared + Features.all.flatMap(\.settings))
        return try await SettingsSource(file: config, flags: flags, known: known)
    }
}

/// Writes one line about an error to standard error and returns the exit code.
enum Failing {
    /// The configuration cannot be used (`EX_CONFIG` of sysexits.h).
    static let configuration = ExitCode(78)
    /// A required service is unavailable (`EX_UNAVAILABLE` of sysexits.h).
    static let unavailable = ExitCode(69)

    static func with(_ error: some CustomStringConvertible, _ code: ExitCode) -> ExitCode {
        Console.error("aurad: \(error)")
        return code
    }
}
