import FoundationEssentials

/// The system clock. Outside the sandbox, `Date()` is called only here.
public struct SystemTime: TimeSource {
    private static let origin = ContinuousClock.now

    /// Creates the source; all instances share one clock.
    public init() {}

    /// Returns the system's time, rounded down to milliseconds.
    public func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    /// Returns the time since the first call in this process, by the continuous clock, which includes suspended time.
    public func uptime() -> Duration {
        ContinuousClock.now - Self.origin
    }

    /// Returns after `duration`, or throws `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        try await SleepQueue.shared.sleep(for: duration)
    }
}

/// The system's random generator.
public struct SystemRandom: RandomSource {
    /// Creates the source.
    public init() {}

    /// Returns 64 bits of the system's random generator.
    public func next() -> UInt64 {
        UInt64.random(in: .min ... .max)
    }
}
