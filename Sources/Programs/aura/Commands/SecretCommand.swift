import ArgumentParser
import AuraAPI
import AuraModel

/// `aura secret`
struct SecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Set, list, reveal and delete secrets.",
        discussion: "A value is never given on the command line, where other users can read it.",
        subcommands: [
            SecretSetCommand.self, SecretListCommand.self, SecretRevealCommand.self, SecretDeleteCommand.self,
        ])
}

/// The arguments that name a secret.
struct SecretArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The secret's name.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The secret's tenant.", valueName: "tenant"))
    var tenant: TenantID?
}

/// `aura secret delete`
struct SecretDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a secret with all its versions.")

    @OptionGroup var secret: SecretArgument
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = SecretParameters(name: secret.name, tenant: secret.tenant)
            try await invocation.show(
                Methods.secretDelete, parameters, purpose: "delete the secret \(secret.name)"
            ) { result in
                [Line("the secret \(result.name) of \(result.tenant) is deleted, with all its versions")]
            }
        }
    }
}
