import ArgumentParser
import AuraAPI
import AuraModel

/// `aura token explain`
struct TokenExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explain what a token allows, and why it may be refused.",
        discussion: "It reads the token from --in or standard input, and asks the daemon.")

    @OptionGroup var input: TokenInputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = TokenExplainParameters(text: try input.token(on: invocation.output).reveal())
            try await invocation.show(Methods.tokenExplain, parameters, purpose: "explain the token") { $0.lines }
        }
    }
}

extension TokenExplainResult {
    /// The lines of `aura token explain`.
    var lines: [Line] {
        var card = Card()
        card.add("id", token?.id)
        card.add("name", token?.name)
        card.add("principal", token?.principal.text)
        card.add("ends", token?.expires.map { TimeText.date($0) })
        card.add("revoked", token?.revokedAt.map { TimeText.date($0) })
        card.add("scopes", scopes.joined(separator: ", "))
        if valid { card.add("tenants", tenants?.map(\.text).joined(separator: ", ") ?? "all") }
        card.add("restrictions", restrictions.joined(separator: ", "))
        let head = valid ? Line("the token is valid", .good) : Line("the token is not valid", .bad)
        return [reason.map { head.appending(": \($0)") } ?? head] + card.lines()
    }
}
