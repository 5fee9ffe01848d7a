import ArgumentParser
import AuraAPI
import CDescriptors

/// `aura`, the command line for operators and scripts. Each command calls the daemon, or watches its events.
@main
struct Aura: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aura",
        abstract: "Control aurad: provision agents and follow their jobs.",
        discussion: ExitStatus.help, version: "aura \(AuraVersion.text)",
        subcommands: [
            Provision.self, List.self, Show.self, WatchCommand.self, Suspend.self, Resume.self, Restart.self,
            Destroy.self, JobCommand.self, ReconcileCommand.self, TokenCommand.self, PrincipalCommand.self,
            TenantCommand.self, SecretCommand.self, AuditCommand.self, WhoAmI.self, Roles.self, VaultCommand.self,
            PKICommand.self,
            RPC.self, Ping.self,
            Info.self,
        ])

    /// The options of all commands, accepted before or after the command's name.
    @OptionGroup var global: GlobalOptions

    /// Parses the command line and runs its command. A failure is written as an error text, or as a JSON document if
    /// `--json` is given.
    static func main() async {
        aura_reserve_standard_descriptors()
        do {
            var command = try await asyncParseAsRoot(try CommandWords.read())
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch {
            Output(json: CommandWords.wantDocuments).end(with: error)
        }
    }
}
