import AuraAPI
import AuraClient
import AuraModel
import JSON

/// The results of the jobs that ended during a watch. The exit code depends on them.
struct Outcomes: Sendable, Hashable {
    struct Ending: Sendable, Hashable {
        var job: JobID
        var state: JobState
        var message: String
    }

    /// The last result of each instance, by the instance's id; the key is `nil` for events without an instance. A later
    /// job of an instance replaces the result of an earlier job, because it repaired or abandoned the earlier job's
    /// work.
    private var endings: [InstanceID?: Ending] = [:]

    mutating func record(_ event: EventView) {
        guard let state = event.ending, let job = event.job else { return }
        endings[event.instance] = Ending(job: job, state: state, message: event.message)
    }

    /// Records a job that had ended before the watch began.
    mutating func record(_ job: JobView) {
        guard let state = job.state.known, state.isTerminal else { return }
        let message = "\(job.kind) \(job.state)" + (job.failure.map { ": \($0.message)" } ?? "")
        endings[job.instance] = Ending(job: job.id, state: state, message: message)
    }

    var isEmpty: Bool { endings.isEmpty }

    /// The instance of the ended jobs, if there is exactly one.
    var onlyInstance: InstanceID? {
        endings.count == 1 ? endings.keys.first.flatMap { $0 } : nil
    }

    /// Returns a complaint if a job did not succeed; `nil` otherwise. `purpose` completes its text "cannot …", such as
    /// `provision ada`.
    func complaint(purpose: String) -> Complaint? {
        let bad = endings.values.filter { $0.state != .succeeded }.sorted { $0.job.text < $1.job.text }
        guard let first = bad.first else { return nil }
        let others = bad.count > 1 ? " (and \(bad.count - 1) more)" : ""
        return Complaint(
            .jobEnded, "cannot \(purpose): \(first.message)\(others); see aura job show \(first.job.text.shellQuoted)",
            data: ["job": .string(first.job.text), "state": .string(first.state.rawValue)])
    }
}
