import ArgumentParser
import AuraModel

/// `aura info`
struct Info: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the daemon's version, database, regions and sizes.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(.info, as: InfoAnswer.self) { info in
                var card = Card()
                card.add("installation", info.installation)
                card.add("started", InstanceAnswer.moment(info.startedAt, now: invocation.time.now()))
                card.add("database", info.database)
                card.add("regions", info.regions.joined(separator: ", "))
                card.add("sizes", info.sizes.joined(separator: ", "))
                return [Line("\(info.name) \(info.version)", .bold)] + card.lines()
            }
        }
    }
}
