internal import AuraModel
internal import ChildProcess
internal import DriverKit

/// How a run ended, made of the recap rather than of the exit code: Ansible gives 4 for unreachable hosts and for errors of
/// its parser alike (`facts/openclaw.md` §3).
enum RunVerdict {
    static func summary(
        _ ending: ChildProcess.Ending, _ outcome: Transcript.Outcome, errors: Tail, limit: Duration
    ) throws -> ConfigurationSummary {
        switch ending {
        case .cancelled: throw CancellationError()
        case .refused(let error): throw error
        case .overTime:
            throw Failure(
                .transient, code: "ansibleTimeLimit",
                message: "the run did not end within \(limit.components.seconds) s and was stopped")
        case .signalled(let signal):
            throw Failure(.transient, code: "ansibleStopped", message: "the run was ended by signal \(signal)")
        case .exited(let code): return try summary(code, outcome, errors)
        }
    }

    private static func summary(
        _ code: Int, _ outcome: Transcript.Outcome, _ errors: Tail
    ) throws -> ConfigurationSummary {
        guard let summary = outcome.summary else {
            throw Failure(
                .transient, code: "ansibleCrashed",
                message: "the run ended with code \(code) before its recap: \(lastWords(outcome, errors))")
        }
        if summary.unreachable > 0 {
            throw Failure(
                .transient, code: "ansibleUnreachable",
                message: "the machine could not be reached: \(outcome.unreachable ?? lastWords(outcome, errors))")
        }
        if summary.failed > 0 || code != 0 {
            throw Failure(
                .permanent, code: "ansibleTaskFailed", message: outcome.failure ?? lastWords(outcome, errors))
        }
        guard summary.ok > 0 else {
            throw Failure(
                .transient, code: "ansibleNoHost",
                message: "the run found no machine to configure: \(lastWords(outcome, errors))")
        }
        return summary
    }

    private static func lastWords(_ outcome: Transcript.Outcome, _ errors: Tail) -> String {
        let words = [errors.lastLines(), outcome.noise.lastLines()].filter { !$0.isEmpty }.joined(separator: " · ")
        return words.isEmpty ? "it said nothing" : PlainText.clean(words)
    }
}
