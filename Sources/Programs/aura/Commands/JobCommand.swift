import ArgumentParser
import AuraClient
import AuraModel

/// `aura job`
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "List, show, explain, wait for, retry and cancel jobs.",
        subcommands: [
            JobListCommand.self, JobShowCommand.self, JobExplainCommand.self, JobWaitCommand.self, JobRetryCommand.self,
            JobCancelCommand.self,
        ])
}

/// `aura job show`
struct JobShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a job and its steps.")

    @Argument(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(.job(job), as: JobEnvelope.self) { answer in
                answer.job.card(now: invocation.time.now(), style: invocation.output.style)
            }
        }
    }
}

/// `aura job cancel`
struct JobCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel a job: its steps are undone.")

    @Argument(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(.cancel(job), as: JobEnvelope.self) { answer in
                let command = invocation.command("watch --job \(answer.job.id.shellQuoted)")
                return [Line("job \(answer.job.id) is being cancelled, follow it with: \(command)")]
            }
        }
    }
}
