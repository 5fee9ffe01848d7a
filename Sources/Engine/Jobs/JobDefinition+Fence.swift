import AuraModel
import Storage

extension JobDefinition {
    /// Returns the definition with a fence: before each outside call, the driver checks that this worker still holds
    /// the job's lease.
    public func fenced() -> JobDefinition {
        var definition = self
        definition.steps = steps.map { $0.fenced() }
        return definition
    }
}

extension Step {
    fileprivate func fenced() -> Step {
        var step = self
        step.perform = Self.fenced(perform)
        step.undo = undo.map(Self.fenced)
        return step
    }

    private static func fenced(_ action: @escaping Action) -> Action {
        { context in
            context.trackChanges()
            return try await LeaseGuard.permitted { () throws(Failure) in
                do throws(StorageError) {
                    try context.checkLease()
                } catch {
                    throw Failure(.transient, code: "leaseLost", message: error.message)
                }
            } onChange: {
                context.noteChange()
            } onRetry: { sentence in
                // A failed report is ignored: if the lease is lost, the step's next write throws.
                try? await context.report(sentence)
            } _: {
                try await action(context)
            }
        }
    }
}
