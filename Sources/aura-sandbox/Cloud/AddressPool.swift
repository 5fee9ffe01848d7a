/// Gives addresses of a range to servers, each the next one after the last that was given, so that reuse comes late.
struct AddressPool: Sendable {
    private let first: UInt32
    private let count: UInt32
    private var next: UInt32 = 0
    private var used: Set<UInt32> = []

    /// Addresses from `first` on, `count` of them.
    init(first: UInt32, count: UInt32) {
        self.first = first
        self.count = count
    }

    /// The loopback addresses of servers that are rows: 127.64.0.1 to 127.127.255.254.
    static let loopback = AddressPool(first: 0x7F40_0001, count: (1 << 22) - 2)

    /// Whether an address is one of a row's.
    static func isLoopback(_ address: UInt32) -> Bool { address & 0xFFC0_0000 == 0x7F40_0000 }

    /// A free address, or nil when all are taken.
    mutating func take() -> String? {
        guard used.count < Int(count) else { return nil }
        while used.contains(first + next) { next = (next + 1) % count }
        let address = first + next
        used.insert(address)
        next = (next + 1) % count
        return Self.text(address)
    }

    /// Takes an address back.
    mutating func release(_ text: String) {
        if let address = Self.number(text) { used.remove(address) }
    }

    /// Dotted form.
    static func text(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xFF) }.joined(separator: ".")
    }

    /// The number of a dotted address.
    static func number(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        return parts.reduce(UInt32?(0)) { sum, part in
            guard let sum, let part else { return nil }
            return sum << 8 | UInt32(part)
        }
    }
}
