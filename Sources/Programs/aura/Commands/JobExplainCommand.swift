import ArgumentParser
import AuraModel

/// `aura job explain`
struct JobExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a job: its state, why it waits, the next action, and its resources at the providers.")

    @Argument(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(.explain(job), as: ExplainAnswer.self) { $0.lines }
        }
    }
}

/// The result of `job.explain`, with the fields that the program shows.
struct ExplainAnswer: Sendable, Decodable {
    struct Resource: Sendable, Decodable {
        var kind: String
        var id: String
        var name: String
        var state: String?
        var ours: Bool
    }

    struct Unseen: Sendable, Decodable {
        var kind: String
        var reason: String
    }

    var summary: String
    var resources: [Resource]
    var unseen: [Unseen]

    var lines: [Line] {
        var table = Table(["KIND", "NAME", "ID", "STATE", "OURS"])
        table.rows = resources.map { [$0.kind, $0.name, $0.id, $0.state ?? "", $0.ours ? "yes" : "no"] }
        table.rows += unseen.map { [$0.kind, "not seen: \($0.reason)", "", "", ""] }
        return [Line(summary)] + (table.rows.isEmpty ? [] : [Line()] + table.lines)
    }
}
