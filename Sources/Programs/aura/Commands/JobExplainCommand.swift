import ArgumentParser
import AuraAPI
import AuraModel

/// `aura job explain`
struct JobExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a job: its state, why it waits, the next action, and its resources at the providers.")

    @Argument(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: JobID

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(Methods.jobExplain, JobParameters(job: job), purpose: "explain job \(job)") {
                $0.lines
            }
        }
    }
}

extension ExplainResult {
    /// The lines of `aura job explain`.
    var lines: [Line] {
        var table = Table(["KIND", "NAME", "ID", "STATE", "OURS"])
        table.rows = resources.map { [$0.kind.rawValue, $0.name, $0.id, $0.state ?? "", $0.ours ? "yes" : "no"] }
        table.rows += unseen.map { [$0.kind.rawValue, "not seen: \($0.reason)", "", "", ""] }
        return [Line(summary)] + (table.rows.isEmpty ? [] : [Line()] + table.lines)
    }
}
