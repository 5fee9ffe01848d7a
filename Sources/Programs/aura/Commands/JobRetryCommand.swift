import ArgumentParser
import AuraClient
import AuraModel

/// `aura job retry`
struct JobRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Retry a job now.",
        discussion: """
            A waiting job continues at once. A failed or cancelled job is retried by a new job; a retried provision \
            builds a new machine.
            """)

    @Argument(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: String

    @Option(
        help: ArgumentHelp("A repeated call with the same key returns the same new job.", valueName: "key"))
    var idempotencyKey: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(.retry(job, idempotencyKey: idempotencyKey), as: InstanceAndJob.self) { answer in
                guard let present = answer.job else { return [] }
                let command = invocation.command("watch --job \(present.id.shellQuoted)")
                let what = present.id == job ? "goes on now" : "is done again by job \(present.id)"
                return [Line("job \(job) \(what), follow it with: \(command)")]
            }
        }
    }
}
