import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel

/// `aura secret list`
struct SecretListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List secrets, without their values.",
        discussion: "With --json it prints one document for each page of 500.")

    /// The number of secrets per call.
    static let page = 500

    @Option(help: ArgumentHelp("Only secrets of this tenant.", valueName: "tenant"))
    var tenant: TenantID?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let output = invocation.output
            let daemon = try await invocation.connect()
            var (found, after): ([SecretView], String?) = ([], nil)
            repeat {
                let parameters = SecretListParameters(tenant: tenant, after: after, limit: Self.page)
                let reply = try await daemon.call(Methods.secretList, parameters, purpose: "list secrets")
                if output.json { output.document(reply.json) }
                let page = try reply.value()
                for secret in page.unreadable ?? [] {
                    output.note("cannot read the secret \(secret): see the daemon's log")
                }
                found += page.secrets
                after = page.next
            } while after != nil
            guard !output.json else { return }
            guard !found.isEmpty else { return output.note("there are no such secrets") }
            output.lines(SecretView.table(found, now: invocation.time.now()).lines)
        }
    }
}

extension SecretView {
    /// Returns the table of `aura secret list`.
    static func table(_ secrets: [SecretView], now: Timestamp) -> Table {
        var table = Table(["TENANT", "NAME", "CLASS", "VERSION", "SET"])
        table.rows = secrets.map { secret in
            [
                secret.tenant.text, secret.name, secret.class.rawValue, "\(secret.version)",
                "\(TimeText.age(now - secret.updatedAt)) ago",
            ]
        }
        return table
    }
}
