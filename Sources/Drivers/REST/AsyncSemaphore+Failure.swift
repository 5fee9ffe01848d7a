public import AuraModel
public import Locking

extension AsyncSemaphore {
    /// Runs `body` when a permit is free. `what` describes the call in errors: "list servers". Throws a transient
    /// ``Failure`` if the task is cancelled before that, or if too many calls wait.
    public func run<Result>(
        _ what: String, _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        do {
            try await take()
        } catch {
            switch error {
            case .cancelled: throw .cancelled(what)
            case .tooManyWait:
                throw Failure(.transient, code: "overloaded", message: "cannot \(what): too many calls wait already")
            }
        }
        do {
            let result = try await body()
            giveBack()
            return result
        } catch {
            giveBack()
            throw error
        }
    }
}
