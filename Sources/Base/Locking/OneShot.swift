/// A one-shot value that one task waits for and several tasks may set. The first value counts.
///
///     waiter:     value() ───────────────── resumes with the first value
///     setter:             set(a) → true
///     canceller:                  set(whenCancelled) → false, ignored
public final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        /// No task waits. → waiting, set
        case idle
        /// One task is suspended. → set, or idle if the task is cancelled
        case waiting(CheckedContinuation<Value?, Never>)
        case set(Value)
    }

    private let state = Locked(State.idle)

    /// Creates a one-shot without a value.
    public init() {}

    /// Sets the value. Returns false and changes nothing if there is one already.
    @discardableResult
    public func set(_ value: Value) -> Bool {
        let (isFirst, sleeper) = state.withLock { state -> (Bool, CheckedContinuation<Value?, Never>?) in
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
        sleeper?.resume(returning: .some(value))
        return isFirst
    }

    /// Waits for the value. If the task is cancelled first, `whenCancelled` becomes the value. Only one task may wait.
    public func value(whenCancelled: Value) async -> Value {
        await withTaskCancellationHandler {
            await suspend(unlessCancelled: false) ?? whenCancelled
        } onCancel: {
            set(whenCancelled)
        }
    }

    /// Waits for the value. Returns `nil` if the task is cancelled first; the one-shot then has no value, and another
    /// task may wait for it. Only one task at a time may wait.
    public func valueUnlessCancelled() async -> Value? {
        await withTaskCancellationHandler {
            await suspend(unlessCancelled: true)
        } onCancel: {
            let sleeper = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                guard case .waiting(let continuation) = state else { return nil }
                state = .idle
                return continuation
            }
            sleeper?.resume(returning: nil)
        }
    }

    /// The value; `nil` if there is none yet.
    public var current: Value? {
        state.withLock { if case .set(let value) = $0 { .some(value) } else { nil } }
    }

    /// True if there is a value.
    public var isSet: Bool {
        state.withLock { if case .set = $0 { true } else { false } }
    }

    /// Suspends the task until there is a value. Returns `nil` only with `unlessCancelled`, if the task is cancelled.
    private func suspend(unlessCancelled: Bool) async -> Value? {
        await withCheckedContinuation { continuation in
            let (isOver, value) = state.withLock { state -> (Bool, Value?) in
                if case .set(let value) = state { return (true, .some(value)) }
                if unlessCancelled, Task.isCancelled { return (true, nil) }
                state = .waiting(continuation)
                return (false, nil)
            }
            if isOver { continuation.resume(returning: value) }
        }
    }
}
