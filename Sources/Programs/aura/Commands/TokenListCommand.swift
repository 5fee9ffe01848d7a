import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel
import JSONRPC

/// `aura token list`
struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List tokens, without their texts; by default only those that are valid.",
        discussion: "With --json it prints one document for each page of 500.")

    /// The number of tokens per call.
    static let page = 500

    @Option(help: ArgumentHelp("Only tokens of this principal, by name or id.", valueName: "principal"))
    var principal: String?

    @Flag(help: "Include revoked and expired tokens.")
    var all = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let daemon = try await invocation.connect()
            let tokens = try await pages(on: daemon, invocation.output)
            guard !invocation.output.json else { return }
            guard !tokens.isEmpty else { return invocation.output.note("there are no such tokens") }
            let names = try await names(on: daemon)
            invocation.output.lines(TokenView.table(tokens, names: names, now: invocation.time.now()).lines)
        }
    }

    /// Returns all pages. With `--json` it prints each page when it arrives.
    private func pages(on daemon: Daemon, _ output: Output) async throws -> [TokenView] {
        var found: [TokenView] = []
        var after: String?
        repeat {
            let parameters = TokenListParameters(
                principal: principal, all: all ? true : nil, after: after, limit: Self.page)
            let reply = try await daemon.call(Methods.tokenList, parameters, purpose: "list tokens")
            if output.json { output.document(reply.json) }
            let page = try reply.value()
            found += page.tokens
            after = page.next
        } while after != nil
        return found
    }

    /// Returns the names of the principals by id, or none if the daemon refuses to show them.
    private func names(on daemon: Daemon) async throws -> [PrincipalID: String] {
        do {
            let reply = try await daemon.call(Methods.principalList, NoParams(), purpose: "list principals")
            return Dictionary(try reply.value().principals.map { ($0.id, $0.name) }) { first, _ in first }
        } catch let complaint as Complaint where complaint.kind == .refused {
            return [:]
        }
    }
}

extension TokenView {
    /// Returns the table of `aura token list`.
    static func table(_ tokens: [TokenView], names: [PrincipalID: String], now: Timestamp) -> Table {
        var table = Table(["ID", "NAME", "PRINCIPAL", "STATE", "ENDS", "USED", "TENANTS", "SCOPES"])
        table.rows = tokens.map { token in
            [
                token.id, token.name, names[token.principal] ?? token.principal.text, token.state(now: now),
                token.expires.map { TimeText.date($0) } ?? "never",
                token.lastUsedAt.map { "\(TimeText.age(now - $0)) ago" } ?? "never",
                token.tenants?.map(\.text).joined(separator: ",") ?? "",
                token.scopes?.joined(separator: ",") ?? "",
            ]
        }
        return table
    }

    private func state(now: Timestamp) -> String {
        if revokedAt != nil { return "revoked" }
        if let expires, expires <= now { return "expired" }
        return notBefore > now ? "not yet" : "valid"
    }
}
