import AuraModel
import Locking
import Storage

/// Execution of an action so that a stop signal can end it.
extension JobRun {
    enum StepResult: Sendable {
        case returned(StepOutcome)
        case threw(Failure)
        /// The action never began, or ended because its task was cancelled. The effect of the action is unknown.
        case stopped
    }

    /// Runs the action. A stop signal cancels the action's task; if the action still returns a result, that result
    /// counts.
    ///
    /// An action is not started if a stop signal was already sent. While the job is compensating or past its pivot, a
    /// cancellation is ignored. Then only an overdue step, a drain or a lost lease stops the action.
    func supervise(_ index: Int, _ action: @escaping Step.Action) async -> StepResult {
        let ignored: StopReason? = machine.withLock { $0.goesOnAnyway } ? .cancellation : nil
        if Task.isCancelled || stop.isStopping(beyond: ignored) { return .stopped }
        let context = StepContext(run: self, index: index)
        return await withTaskGroup(of: StepResult?.self) { group in
            group.addTask { await Self.call(action, context) }
            group.addTask {
                await self.stop.wait(beyond: ignored)
                return nil
            }
            while let first = await group.next() {
                group.cancelAll()
                if let result = first { return result }
            }
            return .stopped
        }
    }

    private static func call(_ action: Step.Action, _ context: StepContext) async -> StepResult {
        do {
            return .returned(try await action(context))
        } catch let failure as Failure {
            return Task.isCancelled && failure.errorClass != .permanent ? .stopped : .threw(failure)
        } catch  where error.isCancellation {
            if Task.isCancelled { return .stopped }
            return .threw(
                Failure(.transient, code: "interrupted", message: "something that the step waited for was cancelled"))
        } catch let error as StorageError {
            return .threw(Failure(.transient, code: "storage", message: error.message))
        } catch {
            return .threw(
                Failure(.permanent, code: "internal", message: "the step failed unexpectedly: \(type(of: error))"))
        }
    }
}
