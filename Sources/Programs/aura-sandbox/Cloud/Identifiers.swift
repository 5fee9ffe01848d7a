/// Generates ids as Hetzner does: ids only increase, and ids of actions have 15 digits.
struct Identifiers: Sendable {
    private var server: Int64
    private var action: Int64
    private var other: Int64

    /// Starts at numbers that depend on the seed, so that tests cannot rely on fixed ids.
    init(seed: UInt64) {
        server = 42_000_000 + Int64(seed % 1_000_000)
        action = 606_028_000_000_000 + Int64(seed % 1_000_000_000)
        other = 50_000_000 + Int64(seed % 1_000_000)
    }

    /// Returns the next id for a server.
    mutating func nextServer() -> Int64 { Self.step(&server) }

    /// Returns the next id for an action.
    mutating func nextAction() -> Int64 { Self.step(&action) }

    /// Returns the next id for any other resource.
    mutating func nextOther() -> Int64 { Self.step(&other) }

    /// Continues one million below the documented maximum, 2^53 − 1.
    mutating func jumpToLargest() {
        let start: Int64 = 9_007_199_254_740_991 - 1_000_000
        (server, action, other) = (max(server, start), max(action, start), max(other, start))
    }

    private static func step(_ counter: inout Int64) -> Int64 {
        counter += 1
        return counter
    }
}
