import ArgumentParser

/// `aura vault`
struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Make and rotate the key file of the vault.",
        subcommands: [VaultInitCommand.self])
}
