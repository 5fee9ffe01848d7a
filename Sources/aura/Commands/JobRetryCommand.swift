import ArgumentParser
import AuraClient
import AuraModel

/// `aura job retry`
struct JobRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Try a job again now.",
        discussion: """
            A job that waits goes on at once. One that failed or was cancelled is done again by a new job; a provision then \
            builds the instance's next machine.
            """)

    @Argument(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: String

    @Option(
        help: ArgumentHelp("The same key is the same new job, however often it is called.", valueName: "key"))
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
