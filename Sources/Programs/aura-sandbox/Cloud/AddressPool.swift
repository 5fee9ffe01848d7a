/// Assigns the addresses of a range to servers in ascending order, so that an address is reused as late as possible.
struct AddressPool: Sendable {
    private let first: UInt32
    private let count: UInt32
    private var next: UInt32 = 0
    private var used: Set<UInt32> = []

    /// Creates a pool of `count` addresses that starts at `first`.
    init(first: UInt32, count: UInt32) {
        self.first = first
        self.count = count
    }

    /// The loopback addresses of simulated servers: 127.64.0.1 to 127.127.255.254.
    static let loopback = AddressPool(first: 0x7F40_0001, count: (1 << 22) - 2)

    /// True if an address belongs to simulated servers.
    static func isLoopback(_ address: UInt32) -> Bool { address & 0xFFC0_0000 == 0x7F40_0000 }

    /// Returns a free address, or `nil` if all are in use.
    mutating func take() -> String? {
        guard used.count < Int(count) else { return nil }
        while used.contains(first + next) { next = (next + 1) % count }
        let address = first + next
        used.insert(address)
        next = (next + 1) % count
        return Self.text(address)
    }

    /// Returns an address to the pool.
    mutating func release(_ text: String) {
        if let address = Self.number(text) { used.remove(address) }
    }

    /// Returns the dotted form of an address.
    static func text(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xFF) }.joined(separator: ".")
    }

    /// Returns the number of a dotted address, or `nil` if the text is not one.
    static func number(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        return parts.reduce(UInt32?(0)) { sum, part in
            guard let sum, let part else { return nil }
            return sum << 8 | UInt32(part)
        }
    }
}
