import AuraAPI
import AuraModel

/// Describes the state of a job in words.
struct JobWords {
    let job: Job
    let view: JobView
    let instance: Instance
    /// The job's definition if this daemon does not have it; otherwise `nil`.
    var missing: DefinitionID?
    let now: Timestamp

    var waits: WaitView? {
        if let blocker = job.blockedBy {
            return WaitView(
                for: "for job \(blocker) to let go", until: nil, seconds: nil, attempt: job.attempt, blockedBy: blocker)
        }
        if let missing, isFree {
            return WaitView(
                for: Self.wait(for: missing), until: nil, seconds: nil, attempt: job.attempt, blockedBy: nil)
        }
        guard let reason = job.waitingFor, !job.state.isTerminal else { return nil }
        return WaitView(
            for: reason, until: job.availableAt, seconds: seconds(until: job.availableAt), attempt: job.attempt,
            blockedBy: nil)
    }

    var state: String {
        let subject = "The \(job.kind.rawValue) of \(instance.name)"
        if let missing, isFree { return "\(subject) waits \(Self.wait(for: missing))." }
        switch job.state {
        case .queued: return job.blockedBy.map { "\(subject) is queued behind job \($0)." } ?? "\(subject) is queued."
        case .running: return "\(subject) is at work\(stepName.map { " on \($0)" } ?? "")."
        case .waiting: return "\(subject) waits \(job.waitingFor ?? "for its turn")."
        case .compensating: return "\(subject) is being undone\(job.waitingFor.map { "; it waits \($0)" } ?? "")."
        case .succeeded: return "\(subject) succeeded."
        case .failed: return "\(subject) failed: \(job.failure?.message ?? "no cause was written down")."
        case .cancelled: return "\(subject) was cancelled."
        }
    }

    var next: String {
        if missing != nil, isFree { return "An aurad that has it goes on with it by itself: start one." }
        switch job.state {
        case .queued: return "A worker takes it as soon as it is its tenant's turn."
        case .running: return "It goes on by itself; it counts as failed at \(job.deadline)."
        case .waiting where job.failure != nil, .compensating where hasFailedUndo:
            return "It is tried again in \(words(until: job.availableAt)), or at once with job.retry."
        case .waiting, .compensating: return "It goes on by itself in \(words(until: job.availableAt))."
        case .succeeded: return "Nothing is left to do."
        case .failed, .cancelled: return afterEnd
        }
    }

    /// True if no daemon is running the job. A daemon that runs it may have a definition that this daemon does not have.
    private var isFree: Bool { [.queued, .waiting, .compensating].contains(job.state) && job.blockedBy == nil }

    private static func wait(for missing: DefinitionID) -> String { "for an aurad that has the definition \(missing)" }

    private var afterEnd: String {
        if job.failure?.code == Failure.superseded.code { return "A destroy took over from it." }
        if instance.phase == .destroyed { return "Nothing is left to do: the instance is destroyed." }
        return "Nothing goes on by itself: job.retry does it again, destroy removes what there is."
    }

    private var stepName: String? {
        view.steps?.first { [.intent, .ambiguous, .undoing].contains($0.state) }?.name
    }

    private var hasFailedUndo: Bool { view.steps?.contains { $0.state == .undoFailed } ?? false }

    private func seconds(until moment: Timestamp) -> Double {
        Double(max((moment - now).wholeMilliseconds, 0)) / 1000
    }

    private func words(until moment: Timestamp) -> String { "\(seconds(until: moment)) s" }
}
