import ArgumentParser
import AuraAPI
import AuraModel
import JSONRPC

/// `aura info`
struct Info: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the daemon's version, database, regions and sizes.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(Methods.systemInfo, NoParams(), purpose: "ask for information") { info in
                var card = Card()
                card.add("installation", info.installation)
                card.add("started", TimeText.moment(info.startedAt, now: invocation.time.now()))
                card.add("database", info.database)
                card.add("regions", info.regions.joined(separator: ", "))
                card.add("sizes", info.sizes.joined(separator: ", "))
                return [Line("\(info.name) \(info.version)", .bold)] + card.lines()
            }
        }
    }
}
