/// A one-shot value that one task waits for and several tasks may set. The first value counts.
///
///     waiter:     value() ───────────────── resumes with the first value
///     setter:             set(a) → true
///     canceller:                  set(whenCancelled) → false, ignored
public final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        /// No task waits yet. → waiting, set
        case idle
        /// One task is suspended. → set
        case waiting(CheckedContinuation<Value, Never>)
        case set(Value)
    }

    private let state = Locked(State.idle)

    /// Creates a one-shot without a value.
    public init() {}

    /// Sets the value. Returns false and changes nothing if there is one already.
    @discardableResult
    public func set(_ value: Value) -> Bool {
        let (isFirst, sleeper) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
            switch state {
            case .idle:
                state = .set(value)
                return (true, nil)
            case .waiting(let continuation):
                state = .set(value)
                return (true, continuation)
            case .set: return (false, nil)
            }
        }
        sleeper?.resume(returning: value)
        return isFirst
    }

    /// Waits for the value. If the task is cancelled first, the value is `whenCancelled`. Only one task may wait.
    public func value(whenCancelled: Value) async -> Value {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let given = state.withLock { state -> Value? in
                    if case .set(let value) = state { return value }
                    state = .waiting(continuation)
                    return nil
                }
                if let given { continuation.resume(returning: given) }
            }
        } onCancel: {
            set(whenCancelled)
        }
    }

    /// True if there is a value.
    public var isSet: Bool {
        state.withLock { if case .set = $0 { true } else { false } }
    }
}
