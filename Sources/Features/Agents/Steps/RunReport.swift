import AuraModel
import DriverKit
import JSON
import Jobs
import Locking

/// Records the events of a configuration run in the ledger.
final class RunReport: Sendable {
    private let context: StepContext
    private let tasks = Locked(1)
    private let index = Locked(0)

    init(context: StepContext) {
        self.context = context
    }

    func report(_ event: ConfigurationEvent) async throws {
        switch event {
        case .playStarted(let name, let tasks):
            self.tasks.withLock { $0 = max(tasks, 1) }
            try await context.report("play \(name): \(tasks) tasks", fraction: fraction)
        case .taskStarted(let name, let index):
            self.index.withLock { $0 = index }
            try await context.report(name, type: .taskStarted, fraction: fraction)
        case .taskFinished(let name, let outcome, let milliseconds):
            guard outcome != .skipped else { return }
            try await context.report(
                "\(name): \(outcome.rawValue)", type: .taskFinished, fraction: fraction,
                data: ["outcome": .string(outcome.rawValue), "milliseconds": .integer(milliseconds)])
        case .taskFailed(let name, let message, let isIgnored):
            try await context.report("\(name): \(message)", type: .taskFailed, data: ["ignored": .bool(isIgnored)])
        case .taskRetried(let name, let attempt, let total):
            try await context.report("\(name): try \(attempt) of \(total)")
        case .warning(let text):
            try await context.report("warning: \(text)")
        case .recap(let summary):
            try await recap(summary)
        }
    }

    /// The progress of the run; at most 0.99 until its recap.
    private var fraction: Double {
        min(Double(index.withLock { $0 }) / Double(tasks.withLock { $0 }), 0.99)
    }

    private func recap(_ summary: ConfigurationSummary) async throws {
        let counts: JSONValue = [
            "ok": .integer(Int64(summary.ok)), "changed": .integer(Int64(summary.changed)),
            "unreachable": .integer(Int64(summary.unreachable)), "failed": .integer(Int64(summary.failed)),
            "skipped": .integer(Int64(summary.skipped)), "rescued": .integer(Int64(summary.rescued)),
            "ignored": .integer(Int64(summary.ignored)),
        ]
        try await context.report("\(context.instance.name): \(summary.recap)", type: .runRecap, data: counts)
    }
}
