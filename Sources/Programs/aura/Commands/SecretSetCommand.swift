import ArgumentParser
import AuraAPI
import AuraModel

/// `aura secret set`
struct SecretSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set the value of a secret.",
        discussion: """
            It creates the secret, or a new version of it. The value is a text of at most 65,536 bytes, from --in or \
            from standard input. A line end at the end of standard input is not a part of the value; a file is used as \
            it is. At a terminal, aura asks for one line and does not show it.
            """)

    @OptionGroup var secret: SecretArgument

    @Option(
        name: .customLong("in"),
        help: ArgumentHelp("The file with the value; standard input if not given.", valueName: "file"),
        completion: .file())
    var input: String?

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp(
            "sealed: no method returns the value; exportable: aura secret reveal does. By default a secret keeps its "
                + "class, and a new one is sealed.", valueName: "class"))
    var secretClass: SecretClass?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let value = try SecretInput.value(of: secret.name, file: input, on: invocation.output)
            let parameters = SecretSetParameters(
                name: secret.name, value: value.reveal(), tenant: secret.tenant, class: secretClass.map { Open($0) })
            try await invocation.show(
                Methods.secretSet, parameters, purpose: "set the secret \(secret.name)"
            ) { result in
                let secret = result.secret
                return [
                    Line(
                        "the secret \(secret.name) of \(secret.tenant) has version \(secret.version) "
                            + "(\(secret.class.rawValue))")
                ]
            }
        }
    }
}
