/// Gives out numbers as Hetzner does: only rising, actions with 15 digits.
struct Identifiers: Sendable {
    private var server: Int64
    private var action: Int64
    private var other: Int64

    /// Starts at numbers that depend on the seed, since nobody should rely on them.
    init(seed: UInt64) {
        server = 42_000_000 + Int64(seed % 1_000_000)
        action = 606_028_000_000_000 + Int64(seed % 1_000_000_000)
        other = 50_000_000 + Int64(seed % 1_000_000)
    }

    /// The next server's number.
    mutating func nextServer() -> Int64 { Self.step(&server) }

    /// The next action's number.
    mutating func nextAction() -> Int64 { Self.step(&action) }

    /// The next number of anything else.
    mutating func nextOther() -> Int64 { Self.step(&other) }

    /// Goes on from just below 2^53, the documented maximum.
    mutating func jumpToLargest() {
        let start: Int64 = 9_007_199_254_740_991 - 1_000_000
        (server, action, other) = (max(server, start), max(action, start), max(other, start))
    }

    private static func step(_ counter: inout Int64) -> Int64 {
        counter += 1
        return counter
    }
}
