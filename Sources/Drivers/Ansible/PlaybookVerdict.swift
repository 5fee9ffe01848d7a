internal import AuraModel
internal import ChildProcess
internal import DriverKit

/// The result of a run. The recap determines it if there is one, because exit codes do not distinguish an unreachable
/// machine from an unreadable file (both are 4). Without a recap, the exit code and the last lines determine it.
struct PlaybookVerdict {
    let run: ConfigurationRun
    let progress: PlaybookProgress
    /// The last lines of standard error.
    let errorWords: String

    /// Returns the summary of a successful run; throws otherwise.
    func summary(_ ending: ChildProcess.Ending) throws -> ConfigurationSummary {
        switch ending {
        case .refused(let error): throw error
        case .cancelled: throw failure(.transient, "cancelled", "the task was cancelled")
        case .overTime:
            let place = progress.task.map { " (at task \($0))" } ?? ""
            throw failure(.transient, "ansibleTimeLimit", "the play was not done within \(run.timeLimit)\(place)")
        case .silent:
            let place = progress.task.map { " (at task \($0))" } ?? ""
            throw failure(.transient, "ansibleSilent", "the play showed no progress for a long time\(place)")
        case .tooMuchOutput:
            throw failure(.ambiguous, "ansibleOutput", "the play wrote more than it may")
        case .signalled(let number): throw failure(.transient, "ansibleCrashed", "signal \(number) ended it")
        case .exited(let code): return try summary(exitCode: code)
        }
    }

    private func summary(exitCode: Int) throws(Failure) -> ConfigurationSummary {
        if let summary = progress.summary {
            if summary.unreachable > 0 {
                throw failure(.transient, "ansibleUnreachable", progress.unreachable ?? "the machine is unreachable")
            }
            if summary.failed > 0 {
                throw failure(
                    progress.failureCause.errorClass, "ansibleTaskFailed",
                    progress.failure ?? "a task failed without a word")
            }
            if exitCode == 0 { return summary }
        } else if progress.hasRecap, exitCode == 0 {
            throw failure(.transient, "ansibleInventory", "the inventory does not list it: \(words)")
        }
        throw failure(exitCode: exitCode)
    }

    /// Returns the failure for an exit code:
    /// - 1: an error before any task, or a killed worker.
    /// - 5: bad options.
    /// - 99: interrupted.
    /// - 250: an exception in Ansible.
    /// - From 126 on, the shell reports that the program cannot run or was ended by a signal.
    ///
    /// After a play has started, the playbooks are known to be readable, so an end without a recap is transient. Before
    /// that the cause is unknown, and another run costs only seconds.
    private func failure(exitCode: Int) -> Failure {
        if words.lowercased().contains("inventory") || words.contains("aurad") {
            return failure(.transient, "ansibleInventory", words)
        }
        if let broken = progress.broken {
            let begun = progress.hasBegun ? ErrorClass.transient : broken.cause.errorClass
            return failure(begun, "ansibleCrashed", "\(broken.message): \(words)")
        }
        if words.contains("dead state") { return failure(.transient, "ansibleCrashed", words) }
        switch exitCode {
        case 0: return failure(.transient, "ansibleCrashed", "it ended without a recap: \(words)")
        case 126, 127:
            var missing = failure(.permanent, "ansibleMissing", words)
            missing.concern = .host
            return missing
        case 1...5 where progress.hasBegun && !progress.hasRecap:
            return failure(.transient, "ansibleCrashed", "it ended with \(exitCode) without a recap: \(words)")
        case 1...5: return failure(.ambiguous, "ansibleError", "it ended with \(exitCode): \(words)")
        default: return failure(.transient, "ansibleCrashed", "it ended with \(exitCode): \(words)")
        }
    }

    private var words: String {
        let words = [errorWords, progress.words].filter { !$0.isEmpty }.joined(separator: "; ")
        return words.isEmpty ? "it said nothing" : words
    }

    private func failure(_ errorClass: ErrorClass, _ code: String, _ words: String) -> Failure {
        let verb =
            switch run.play {
            case .machine: "configure"
            case .network: "join to the network"
            case .teardown: "tear down"
            }
        let message = "cannot \(verb) \(run.instance.name): \(PlainText.clean(words, limitBytes: 2000))"
        return Failure(errorClass, code: code, message: message)
    }
}
