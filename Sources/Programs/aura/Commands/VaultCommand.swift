import ArgumentParser
import AuraAPI
import AuraModel
import JSONRPC

/// `aura vault`
struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Make and rotate the keys of the vault, and fill it.",
        discussion: """
            The vault has the secrets of tenants (aura secret) and those of the installation: the credentials of \
            providers, and the keys of machines.
            """,
        subcommands: [
            VaultInitCommand.self, VaultRotateCommand.self, VaultStatusCommand.self, VaultSetCommand.self,
            VaultDeleteCommand.self, VaultImportCommand.self,
        ])
}

/// `aura vault status`
struct VaultStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the keys of the vault and the secrets of the installation.",
        discussion: "The line of a key can be removed from the key file when no version and no token needs it.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let now = invocation.time.now()
            try await invocation.show(Methods.vaultStatus, NoParams(), purpose: "show the vault") { status in
                status.lines(now: now)
            }
        }
    }
}

extension VaultStatusResult {
    /// Returns the lines of `aura vault status`.
    fileprivate func lines(now: Timestamp) -> [Line] {
        var table = Table(["KEY", "USE", "VERSIONS", "TOKENS"])
        table.rows = keys.map { key in
            let use = key.id == currentKey ? "seals and opens" : key.inKeyFile ? "opens" : "not in the key file"
            return [key.id, use, "\(key.versions)", "\(key.tokens)"]
        }
        var lines = table.lines
        if !secrets.isEmpty {
            var table = Table(["SECRET", "VERSION", "SET"])
            table.rows = secrets.map { [$0.name, "\($0.version)", "\(TimeText.age(now - $0.updatedAt)) ago"] }
            lines += [Line()] + table.lines
        }
        if outside > 0 {
            lines += [Line(), Line("\(outside) credentials are outside of the vault: run aura vault import")]
        }
        return lines
    }
}

/// `aura vault set`
struct VaultSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a secret of the installation, such as a provider's token.",
        discussion: """
            aurad uses it if a setting names it, as in hetzner.token: vault:hetzner.token. A new value is used from the \
            next call to the provider on. No command shows it. The value comes from --in or standard input, as with \
            aura secret set.
            """)

    @Argument(help: ArgumentHelp("The secret's name.", valueName: "name"))
    var name: String

    @Option(
        name: .customLong("in"),
        help: ArgumentHelp("The file with the value; standard input if not given.", valueName: "file"),
        completion: .file())
    var input: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let value = try SecretInput.value(of: name, file: input, on: invocation.output)
            let parameters = VaultSetParameters(name: name, value: value.reveal())
            try await invocation.show(Methods.vaultSet, parameters, purpose: "set the secret \(name)") { result in
                [Line("the secret \(result.secret.name) of the installation has version \(result.secret.version)")]
            }
        }
    }
}

/// `aura vault delete`
struct VaultDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a secret of the installation with all its versions.")

    @Argument(help: ArgumentHelp("The secret's name.", valueName: "name"))
    var name: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(
                Methods.vaultDelete, VaultSecretParameters(name: name), purpose: "delete the secret \(name)"
            ) { result in
                [Line("the secret \(result.name) of the installation is deleted, with all its versions")]
            }
        }
    }
}

/// `aura vault import`
struct VaultImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Put the credentials of the daemon's files into the vault.",
        discussion: """
            These are the keys of machines in its credentials directory, and the credentials of providers in its \
            configuration. It shows no value and replaces no secret, and can be repeated. With several daemons, run it \
            with each of them.
            """)

    @Flag(help: "Delete each file whose credential was opened in the vault, and which the daemon does not need.")
    var delete = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = VaultImportParameters(delete: delete ? true : nil)
            try await invocation.show(
                Methods.vaultAdopt, parameters, purpose: "import credentials"
            ) { result in
                [
                    Line(
                        "imported \(result.imported), in the vault before \(result.present), deleted \(result.deleted)")
                ]
                    + result.left.map { Line("\($0.place): \($0.reason)") }
                    + (result.leftCount > result.left.count
                        ? [Line("and \(result.leftCount - Int64(result.left.count)) more")] : [])
            }
        }
    }
}
