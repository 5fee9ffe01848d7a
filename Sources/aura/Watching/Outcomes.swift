import AuraClient
import AuraModel
import JSON

/// How the jobs ended that a watch saw: what its exit code comes from.
struct Outcomes: Sendable, Hashable {
    struct Ending: Sendable, Hashable {
        var job: String
        var state: JobState
        var message: String
    }

    /// The last ending of each instance: what came before it was made good or given up.
    private var endings: [String: Ending] = [:]

    mutating func record(_ event: EventAnswer) {
        guard let state = event.ending, let job = event.job else { return }
        endings[event.instance ?? ""] = Ending(job: job, state: state, message: event.message)
    }

    /// A job that had ended before the watch began.
    mutating func record(_ job: JobAnswer) {
        guard let state = JobState(rawValue: job.state), state.isTerminal else { return }
        let message = "\(job.kind) \(job.state)" + (job.failure.map { ": \($0.message)" } ?? "")
        endings[job.instance] = Ending(job: job.id, state: state, message: message)
    }

    var isEmpty: Bool { endings.isEmpty }

    /// The instance whose jobs ended, where it is one.
    var onlyInstance: String? {
        endings.count == 1 ? endings.keys.first.flatMap { $0.isEmpty ? nil : $0 } : nil
    }

    /// The complaint where something did not succeed; `purpose` is what was wanted: `provision ada`.
    func complaint(purpose: String) -> Complaint? {
        let bad = endings.values.filter { $0.state != .succeeded }.sorted { $0.job < $1.job }
        guard let first = bad.first else { return nil }
        let others = bad.count > 1 ? " (and \(bad.count - 1) more)" : ""
        return Complaint(
            .jobEnded, "cannot \(purpose): \(first.message)\(others); see aura job show \(first.job.shellQuoted)",
            data: ["job": .string(first.job), "state": .string(first.state.rawValue)])
    }
}
