import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel
import JSON

/// `aura token create`
struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a token of a principal.",
        discussion: """
            The text of the token is shown once: at a terminal, or in the new file that --out names. The token has all \
            rights of its principal, unless scopes, tenants or restrictions are given.
            """)

    @Argument(help: ArgumentHelp("The principal's name or id.", valueName: "principal"))
    var principal: String

    @Argument(help: ArgumentHelp("A name for the token, such as the host that uses it.", valueName: "name"))
    var name: String

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp("A scope of the token; may be given several times.", valueName: "scope"))
    var scopes: [String] = []

    @Option(
        name: .customLong("tenant"),
        help: ArgumentHelp("A tenant of the token; may be given several times.", valueName: "tenant"))
    var tenants: [TenantID] = []

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "How long the token is valid, such as 12h or 30d; the daemon chooses if not given.",
            valueName: "duration"),
        transform: TimeArgument.duration)
    var life: Duration?

    @Option(
        name: .customLong("until"),
        help: ArgumentHelp("The time at which the token ends, such as 2027-01-31.", valueName: "time"),
        transform: TimeArgument.moment)
    var expires: Timestamp?

    @Option(
        name: .customLong("restrict"),
        help: ArgumentHelp(
            "A restriction, as in aura token restrict; may be given several times.", valueName: "key=value"))
    var restrictions: [String] = []

    @OptionGroup var output: TokenOutputOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard life == nil || expires == nil else {
            throw ValidationError("cannot use --for and --until at once: give one of them")
        }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let place = try TokenPlace(output.out, on: invocation.output)
            try await place.filled { keep in
                let reply = try await invocation.connect().call(
                    Methods.tokenCreate, parameters(now: invocation.time.now()),
                    purpose: "create a token of \(principal)")
                let result = try reply.value()
                try keep(result.text)
                let end = result.token.expires.map { ", valid until \(TimeText.date($0))" } ?? ""
                place.show(
                    result.text, [Line("token \(result.token.id) (\(result.token.name)) of \(principal)\(end)")],
                    document: reply.json.objectValue ?? [:], on: invocation.output)
            }
        }
    }

    private func parameters(now: Timestamp) -> TokenCreateParameters {
        TokenCreateParameters(
            principal: principal, name: name, scopes: scopes.isEmpty ? nil : scopes,
            tenants: tenants.isEmpty ? nil : tenants, expires: expires ?? life.map { now + $0 },
            restrictions: restrictions.isEmpty ? nil : restrictions)
    }
}
