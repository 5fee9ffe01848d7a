import Locking

/// A write that concurrent callers share. A call during a write in progress waits for that write and gets its result.
public final class SharedWrite: Sendable {
    /// A caller that waits. It resumes with the result of the write, or with `nil` if it must write itself.
    private typealias Waiter = CheckedContinuation<Result<Void, StorageError>?, Never>

    private struct State {
        var isRunning = false
        var waiting: [Waiter] = []
    }

    private let state = Locked(State())

    /// Creates a write that is not in progress.
    public init() {}

    /// The number of callers that wait for the write in progress.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Runs `write`, or waits for the one in progress. Throws the error of the write.
    public func run(_ write: () async throws(StorageError) -> Void) async throws(StorageError) {
        let shared = await withCheckedContinuation { (continuation: Waiter) in
            let leads = state.withLock { state in
                if state.isRunning { state.waiting.append(continuation) }
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if leads { continuation.resume(returning: nil) }
        }
        if let shared { return try shared.get() }
        do {
            try await write()
        } catch {
            end(.failure(error))
            throw error
        }
        end(.success(()))
    }

    private func end(_ result: Result<Void, StorageError>) {
        let waiting = state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: result) }
    }
}
