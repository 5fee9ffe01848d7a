import AuraAPI
import AuraModel

/// The progress of one step of a watched job.
struct StepProgress: Sendable, Hashable {
    enum Mark: Sendable, Hashable {
        /// → running.
        case pending
        /// → done, failed, undoing.
        case running
        /// → undoing.
        case done
        /// → undoing; → running on a retry.
        case failed
        /// → undone, undoFailed.
        case undoing
        case undone
        case undoFailed
    }

    let name: String
    let phase: String
    let expectedSeconds: Double
    private(set) var mark: Mark
    private(set) var startedAt: Timestamp?
    private(set) var finishedAt: Timestamp?

    /// Creates a step from `job.get`. If `isReplayed` is true, its progress comes from events.
    init(_ step: StepView, isReplayed: Bool) {
        name = step.name
        phase = step.phase.rawValue
        expectedSeconds = step.expectedSeconds
        mark = isReplayed ? .pending : Self.mark(of: step.state)
        startedAt = isReplayed ? nil : step.startedAt
        finishedAt = isReplayed ? nil : step.finishedAt
    }

    /// Creates a step that is known only from events.
    init(name: String, phase: String, startedAt: Timestamp) {
        self.name = name
        self.phase = phase
        self.startedAt = startedAt
        expectedSeconds = 0
        mark = .running
    }

    mutating func apply(_ event: EventView) {
        if event.type == .stepStarted {
            mark = .running
            startedAt = event.at
            finishedAt = nil
        } else if let ended = Self.marks[event.type] {
            mark = ended
            finishedAt = ended == .undoing ? nil : event.at
        }
    }

    /// Returns how long the step has run, until now or until its end; `nil` before its start.
    func elapsed(now: Timestamp) -> Duration? {
        startedAt.map { max((finishedAt ?? now) - $0, .zero) }
    }

    private static let marks: [Open<EventType>: Mark] = [
        .stepDone: .done, .stepFailed: .failed, .stepUndoing: .undoing, .stepUndone: .undone,
        .stepUndoFailed: .undoFailed,
    ]

    private static func mark(of state: Open<StepState>) -> Mark {
        switch state.known {
        case .pending, nil: .pending
        case .intent, .ambiguous: .running
        case .done: .done
        case .failed: .failed
        case .undoing: .undoing
        case .undone: .undone
        case .undoFailed: .undoFailed
        }
    }
}
