/// Where time comes from: the real clock in `aurad`, a virtual one in tests and simulation.
public protocol TimeSource: Sendable {
    /// The present moment.
    func now() -> Timestamp
    /// Time since some fixed moment of this process, which nobody sets back or forth: for measuring, as of leases.
    func uptime() -> Duration
    /// Returns after `duration`, or throws `CancellationError` as soon as the task is cancelled.
    func sleep(for duration: Duration) async throws
}

extension TimeSource {
    /// For clocks that are never set: the same as their time.
    public func uptime() -> Duration {
        .milliseconds(now().milliseconds)
    }
}

/// Where randomness comes from, so that a seed can repeat a run.
public protocol RandomSource: Sendable {
    func next() -> UInt64
}

extension RandomSource {
    /// A number in `0 ..< 1`, evenly spread.
    public func unit() -> Double {
        Double(next() >> 11) * 0x1.0p-53
    }
}

/// Makes the ids of jobs, instances and changes.
public struct IdentifierSource: Sendable {
    private let time: any TimeSource
    private let random: any RandomSource

    public init(time: any TimeSource, random: any RandomSource) {
        self.time = time
        self.random = random
    }

    /// A new UUIDv7 (RFC 9562): 48 bits of milliseconds, then version, variant and 74 random bits.
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
