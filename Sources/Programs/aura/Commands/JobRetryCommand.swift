import ArgumentParser
import AuraAPI
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
    var job: JobID

    @Option(
        help: ArgumentHelp("A repeated call with the same key returns the same new job.", valueName: "key"))
    var idempotencyKey: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = JobRetryParameters(job: job, idempotencyKey: idempotencyKey)
            try await invocation.show(Methods.jobRetry, parameters, purpose: "retry job \(job)") { result in
                let present = result.job.id
                let command = invocation.command("watch --job \(present.text.shellQuoted)")
                let what = present == job ? "goes on now" : "is done again by job \(present)"
                return [Line("job \(job) \(what), follow it with: \(command)")]
            }
        }
    }
}
