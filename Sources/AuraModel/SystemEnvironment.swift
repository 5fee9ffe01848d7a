import FoundationEssentials

/// The machine's own clock. The one place where the project reads the time and sleeps.
public struct SystemTime: TimeSource {
    private static let origin = ContinuousClock.now

    public init() {}

    public func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    public func uptime() -> Duration {
        ContinuousClock.now - Self.origin
    }

    public func sleep(for duration: Duration) async throws {
        try await SleepQueue.shared.sleep(for: duration)
    }
}

/// The machine's own randomness.
public struct SystemRandom: RandomSource {
    public init() {}

    public func next() -> UInt64 {
        UInt64.random(in: .min ... .max)
    }
}
