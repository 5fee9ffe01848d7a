import ArgumentParser
import AuraAPI
import AuraModel
import JSONRPC

/// `aura whoami`
struct WhoAmI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Show who calls, and with which rights.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(Methods.accessWhoami, NoParams(), purpose: "ask who calls") { $0.lines }
        }
    }
}

extension WhoAmIResult {
    /// The lines of `aura whoami`.
    var lines: [Line] {
        var card = Card()
        card.add("proof", proof.rawValue)
        card.add("scopes", scopes.isEmpty ? "none" : scopes.joined(separator: ", "))
        card.add("tenants", tenants?.map(\.text).joined(separator: ", ") ?? "all")
        card.add("instances", instances?.map(\.text).joined(separator: ", "))
        return [Line(principal.text, .bold)] + card.lines()
    }
}
