/// A one-shot value that one task waits for and several tasks may set. The first value counts.
///
///     waiter:     value() ───────────────── resumes with the first answer
///     setter:             answer(a) → true
///     canceller:                  answer(whenCancelled) → false, ignored
public final class Promise<Answer: Sendable>: Sendable {
    private enum State {
        /// No task waits yet. → waiting, answered
        case idle
        /// One task is suspended. → answered
        case waiting(CheckedContinuation<Answer, Never>)
        case answered(Answer)
    }

    private let state = Locked(State.idle)

    /// Creates a promise without a value.
    public init() {}

    /// Sets the value. Returns false and changes nothing if there is one already.
    @discardableResult
    public func answer(_ answer: Answer) -> Bool {
        let (isFirst, sleeper) = state.withLock { state -> (Bool, CheckedContinuation<Answer, Never>?) in
            switch state {
            case .idle:
                state = .answered(answer)
                return (true, nil)
            case .waiting(let continuation):
                state = .answered(answer)
                return (true, continuation)
            case .answered: return (false, nil)
            }
        }
        sleeper?.resume(returning: answer)
        return isFirst
    }

    /// Waits for the value. If the task is cancelled first, the value is `whenCancelled`. Only one task may wait.
    public func value(whenCancelled: Answer) async -> Answer {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let given = state.withLock { state -> Answer? in
                    if case .answered(let answer) = state { return answer }
                    state = .waiting(continuation)
                    return nil
                }
                if let given { continuation.resume(returning: given) }
            }
        } onCancel: {
            answer(whenCancelled)
        }
    }

    /// True if there is a value.
    public var isAnswered: Bool {
        state.withLock { if case .answered = $0 { true } else { false } }
    }
}
