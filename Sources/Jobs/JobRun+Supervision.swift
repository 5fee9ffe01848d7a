import AuraModel
import Locking
import Storage

/// Running a step so that it can be stopped.
extension JobRun {
    enum StepResult: Sendable {
        case returned(StepOutcome)
        case threw(Failure)
        /// It never began, or ended because its task was cancelled; nothing is known of its effect.
        case stopped
    }

    /// Runs the action; a stop signal cancels its task, and what it then still returns is its result.
    ///
    /// Undoing, and what is past its pivot, ignores a cancellation: only a hang, a drain or a lost lease ends it early. An action is not even begun
    /// once it is to stop.
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
        } catch is CancellationError {
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
