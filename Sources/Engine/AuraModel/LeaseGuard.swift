/// Checks whether the present task may still call a provider.
///
/// A worker that was suspended for longer than its lease (`SIGSTOP`, a suspended machine) continues in the middle of a
/// driver's call. It does not know that its lease has expired. So every driver calls ``check(changes:)`` right before
/// each call that leaves the process. The caller of the driver supplies the check with
/// ``permitted(_:onChange:onRetry:_:)``. Without it, every call is permitted.
public enum LeaseGuard {
    @TaskLocal private static var permit: (@Sendable () throws(Failure) -> Void)?

    @TaskLocal private static var announce: (@Sendable () -> Void)?

    @TaskLocal private static var report: (@Sendable (String) async -> Void)?

    /// Throws if the lease has expired or is about to: another worker may then hold the job.
    ///
    /// `changes` is true if the next call may change a resource. The holder of the lease is then notified (`onChange`).
    public static func check(changes: Bool = false) throws(Failure) {
        try permit?()
        if changes { announce?() }
    }

    /// Reports that a driver will retry a call by itself. Call it before the wait.
    ///
    /// `tries` is the number of failed calls so far, `limit` the maximum number of calls.
    public static func willRetry(_ failure: Failure, tries: Int, of limit: Int, after wait: Duration) async {
        let seconds = Double(wait.wholeMilliseconds / 100) / 10
        await report?("try \(tries) of \(limit): \(failure.message); next try in \(seconds) s")
    }

    /// Runs `body` with `permit` as the check before each call that leaves the process. `onChange` is called right
    /// before each call that may change a resource. `onRetry` receives a sentence for people before a driver retries a
    /// call.
    public static func permitted<Value>(
        _ permit: @escaping @Sendable () throws(Failure) -> Void, onChange: (@Sendable () -> Void)? = nil,
        onRetry: (@Sendable (String) async -> Void)? = nil, _ body: () async throws -> Value
    ) async rethrows -> Value {
        try await $permit.withValue(permit) {
            try await $announce.withValue(onChange) { try await $report.withValue(onRetry) { try await body() } }
        }
    }
}
