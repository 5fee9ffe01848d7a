import ArgumentParser
import AuraAPI
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
    var job: JobID

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = JobParameters(job: job)
            try await invocation.show(Methods.jobGet, parameters, purpose: "show job \(job)") { result in
                result.job.card(now: invocation.time.now(), style: invocation.output.style)
            }
        }
    }
}

/// `aura job cancel`
struct JobCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel a job: its steps are undone.")

    @Argument(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: JobID

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = JobParameters(job: job)
            try await invocation.show(Methods.jobCancel, parameters, purpose: "cancel job \(job)") { result in
                let id = result.job.id
                let command = invocation.command("watch --job \(id.text.shellQuoted)")
                return [Line("job \(id) is being cancelled, follow it with: \(command)")]
            }
        }
    }
}
