import ArgumentParser
import AuraAPI

/// `aura token`
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Create, list, revoke, explain and restrict tokens.",
        discussion: "A token is never given on the command line, where other users can read it.",
        subcommands: [
            TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self, TokenExplainCommand.self,
            TokenRestrictCommand.self,
        ])
}

/// `aura token revoke`
struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a token: its connections end within a second.")

    @Argument(help: ArgumentHelp("The token's id, as aura token list shows it.", valueName: "id"))
    var token: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = TokenParameters(token: token)
            try await invocation.show(Methods.tokenRevoke, parameters, purpose: "revoke token \(token)") { result in
                [
                    Line(
                        "token \(result.token.id) (\(result.token.name)) is revoked: its connections end in a second"
                    )
                ]
            }
        }
    }
}
