/// An answer that one task waits for and that several may try to give: the first one counts.
///
///     waiter:  value() ───────────────── resumes with the first answer
///     giver:          answer(a) → true
///     canceller:                answer(whenCancelled) → false, nobody hears it
public final class Promise<Answer: Sendable>: Sendable {
    private enum State {
        /// Nobody waits yet. → waiting, answered
        case idle
        /// The waiter sleeps. → answered
        case waiting(CheckedContinuation<Answer, Never>)
        case answered(Answer)
    }

    private let state = Locked(State.idle)

    public init() {}

    /// Gives the answer. Returns false, changing nothing, where there is one already.
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

    /// Waits for the answer; cancelling the task gives `whenCancelled` unless there is one. For one waiter only.
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

    /// Whether there is an answer.
    public var isAnswered: Bool {
        state.withLock { if case .answered = $0 { true } else { false } }
    }
}
