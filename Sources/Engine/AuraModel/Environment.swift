/// A source of time: the system clock in `aurad`, a virtual clock in tests and in the simulation.
public protocol TimeSource: Sendable {
    /// Returns the present time.
    func now() -> Timestamp
    /// Returns the time since a fixed moment of this process. It is monotonic: setting the machine's clock does not
    /// change it. Workers compute the ends of their leases with it.
    func uptime() -> Duration
    /// Returns after `duration`, or throws `CancellationError` as soon as the task is cancelled.
    func sleep(for duration: Duration) async throws
}

extension TimeSource {
    /// Returns the time of ``now()`` since 1970. This default is for clocks that are never set, such as virtual ones.
    public func uptime() -> Duration {
        .milliseconds(now().milliseconds)
    }
}

/// A source of random numbers. A seeded source makes a run repeatable.
public protocol RandomSource: Sendable {
    /// Returns 64 random bits.
    func next() -> UInt64
}

extension RandomSource {
    /// Returns a number in `0 ..< 1`, evenly distributed.
    public func unit() -> Double {
        Double(next() >> 11) * 0x1.0p-53
    }
}

/// Generates UUIDv7 ids, such as those of jobs, instances and changes.
public struct IdentifierSource: Sendable {
    private let time: any TimeSource
    private let random: any RandomSource

    /// Creates a generator from a clock and a source of randomness.
    public init(time: any TimeSource, random: any RandomSource) {
        self.time = time
        self.random = random
    }

    /// Returns a new UUIDv7 (RFC 9562): 48 bits of milliseconds, then version, variant and 74 random bits.
    public func next<Noun>(_: Noun.Type = Noun.self) -> Identifier<Noun> {
        let milliseconds = UInt64(bitPattern: time.now().milliseconds)
        let high = (milliseconds << 16) | 0x7000 | (random.next() & 0x0FFF)
        let low = 0x8000_0000_0000_0000 | (random.next() & 0x3FFF_FFFF_FFFF_FFFF)
        return Identifier(Self.text(high: high, low: low))
    }

    private static func text(high: UInt64, low: UInt64) -> String {
        var digits = ""
        digits.reserveCapacity(36)
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { digits.append("-") }
            let word = index < 16 ? high : low
            let nibble = Int((word >> UInt64(60 - (index % 16) * 4)) & 0xF)
            digits.append(Self.hexadecimal[nibble])
        }
        return digits
    }

    private static let hexadecimal = Array("0123456789abcdef")
}
