public import AuraModel

/// Whether the present task may still touch the outside world.
///
/// A worker that was stopped for longer than its lease (`SIGSTOP`, a suspended machine) goes on in the middle of a driver's
/// work without knowing it. So every driver asks here right before each call that leaves the process; who runs a driver
/// says what the answer is. Without that, everything is permitted.
public enum OutsideCall {
    @TaskLocal private static var permit: (@Sendable () throws(Failure) -> Void)?

    @TaskLocal private static var announce: (@Sendable () -> Void)?

    /// Throws where the task's work belongs to somebody else by now.
    ///
    /// - Parameter changes: true if the call may change something outside.
    public static func check(changes: Bool = false) throws(Failure) {
        try permit?()
        if changes { announce?() }
    }

    /// Runs `body` so that its outside calls ask `permit` first. `onChange` is called right before each call that may change
    /// something.
    public static func permitted<Value>(
        _ permit: @escaping @Sendable () throws(Failure) -> Void, onChange: (@Sendable () -> Void)? = nil,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        try await $permit.withValue(permit) { try await $announce.withValue(onChange) { try await body() } }
    }
}
