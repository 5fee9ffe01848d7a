import Locking

/// A write that concurrent callers share. A call during a write in progress waits for its end and gets its result.
public final class SharedWrite: Sendable {
    private struct State {
        var isRunning = false
        var waiting: [CheckedContinuation<Bool, any Error>] = []
    }

    private let state = Locked(State())

    /// Creates a write that is not in progress.
    public init() {}

    /// Runs `write`, or waits for the one in progress. Throws the error of the write.
    public func run(_ write: () async throws -> Void) async throws {
        let isDone = try await withCheckedThrowingContinuation { continuation in
            let leads = state.withLock { state in
                if state.isRunning { state.waiting.append(continuation) }
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if leads { continuation.resume(returning: false) }
        }
        if isDone { return }
        do {
            try await write()
            end(.success(true))
        } catch {
            end(.failure(error))
            throw error
        }
    }

    private func end(_ result: Result<Bool, any Error>) {
        let waiting = state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(with: result) }
    }
}
