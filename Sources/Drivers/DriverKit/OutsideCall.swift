public import AuraModel

/// Whether the present task may still touch the outside world.
///
/// A worker that was stopped for longer than its lease (`SIGSTOP`, a suspended machine) goes on in the middle of a driver's
/// work without knowing it. So every driver asks here right before each call that leaves the process; who runs a driver
/// says what the answer is. Without that, everything is permitted.
public enum OutsideCall {
    @TaskLocal private static var permit: (@Sendable () throws(Failure) -> Void)?

    @TaskLocal private static var announce: (@Sendable () -> Void)?

    @TaskLocal private static var report: (@Sendable (String) async -> Void)?

    /// Throws where the task's work belongs to somebody else by now.
    ///
    /// - Parameter changes: true if the call may change something outside.
    public static func check(changes: Bool = false) throws(Failure) {
        try permit?()
        if changes { announce?() }
    }

    /// Reports that a driver sends a call again by itself, before it waits for that.
    ///
    /// - Parameters:
    ///   - tries: the calls that failed so far.
    ///   - limit: the calls that the driver sends at most.
    public static func willRetry(_ failure: Failure, tries: Int, of limit: Int, after wait: Duration) async {
        let seconds = Double(wait.wholeMilliseconds / 100) / 10
        await report?("try \(tries) of \(limit): \(failure.message); next try in \(seconds) s")
    }

    /// Runs `body` so that its outside calls ask `permit` first. `onChange` is called right before each call that may change
    /// something, `onRetry` with a sentence for people before a driver sends a call again.
    public static func permitted<Value>(
        _ permit: @escaping @Sendable () throws(Failure) -> Void, onChange: (@Sendable () -> Void)? = nil,
        onRetry: (@Sendable (String) async -> Void)? = nil, _ body: () async throws -> Value
    ) async rethrows -> Value {
        try await $permit.withValue(permit) {
            try await $announce.withValue(onChange) { try await $report.withValue(onRetry) { try await body() } }
        }
    }
}
