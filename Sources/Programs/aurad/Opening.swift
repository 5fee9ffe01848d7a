import Locking

/// Collects the addresses of servers that open independently. Once all are open, calls `onOpen` with the addresses in
/// order.
final class Opening: Sendable {
    private let addresses: Locked<[[String]?]>
    private let onOpen: @Sendable ([String]) -> Void

    init(of doors: Int, onOpen: @escaping @Sendable ([String]) -> Void) {
        addresses = Locked(Array(repeating: nil, count: doors))
        self.onOpen = onOpen
    }

    func didOpen(_ door: Int, _ own: [String]) {
        let all = addresses.withLock { addresses in
            addresses[door] = own
            return addresses.allSatisfy { $0 != nil } ? addresses.compactMap(\.self).flatMap(\.self) : nil
        }
        if let all { onOpen(all) }
    }
}
