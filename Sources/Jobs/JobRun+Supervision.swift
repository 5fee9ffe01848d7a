import AuraModel
import Locking
import Storage

/// Running a step so that it can be stopped.
extension JobRun {
    enum StepResult: Sendable {
        case returned(StepOutcome)
        case threw(Failure)
        /// It ended because its task was cancelled; nothing is known of its effect.
        case stopped
    }

    private enum Race: Sendable {
        case step(StepResult)
        case stop(StopReason?)
    }

    /// Runs the action; a stop signal cancels its task, and what it then still returns is its result.
    ///
    /// Undoing ignores a cancellation: only a drain or a lost lease ends it early.
    func supervise(_ index: Int, _ action: @escaping Step.Action) async -> StepResult {
        let isUndo = machine.withLock { $0.job.state == .compensating }
        let context = StepContext(run: self, index: index)
        return await withTaskGroup(of: Race.self) { group in
            group.addTask { .step(await Self.call(action, context)) }
            group.addTask { .stop(await self.stop.wait(beyond: isUndo ? .cancellation : nil)) }
            while let first = await group.next() {
                group.cancelAll()
                if case .step(let result) = first { return result }
            }
            return .stopped
        }
    }

    private static func call(_ action: Step.Action, _ context: StepContext) async -> StepResult {
        do {
            return .returned(try await action(context))
        } catch let failure as Failure {
            return Task.isCancelled && failure.errorClass != .permanent ? .stopped : .threw(failure)
        } catch is CancellationError {
            return .stopped
        } catch let error as StorageError {
            return .threw(Failure(.transient, code: "storage", message: error.message))
        } catch {
            return .threw(
                Failure(.permanent, code: "internal", message: "the step failed unexpectedly: \(type(of: error))"))
        }
    }
}
