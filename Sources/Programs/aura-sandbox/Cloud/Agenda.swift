/// A heap of future events, ordered by time; events with equal times keep the order in which they were added.
struct Agenda: Sendable {
    /// A scheduled event.
    enum Event: Sendable {
        /// The planned time of an action ends.
        case due(action: Int64)
        /// The guest has processed the ACPI signal. The machine powers off if `epoch` is still its power epoch.
        case guestDown(server: Int64, epoch: Int)
        /// The rules of a firewall have reached a server.
        case firewallApplied(firewall: Int64, server: Int64)
        /// A machine that boots slowly gets its power.
        case lateStart(server: Int64)
        /// Another client deletes the server.
        case vanish(server: Int64)
    }

    private struct Entry: Sendable {
        let at: Instant
        let order: Int
        let event: Event

        func precedes(_ other: Entry) -> Bool { (at, order) < (other.at, other.order) }
    }

    private var heap: [Entry] = []
    private var entered = 0

    /// The time of the next event.
    var next: Instant? { heap.first?.at }

    /// Adds an event.
    mutating func add(_ event: Event, at: Instant) {
        heap.append(Entry(at: at, order: entered, event: event))
        entered += 1
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Removes and returns the earliest event that is due at `now`.
    mutating func take(dueAt now: Instant) -> (at: Instant, event: Event)? {
        guard let first = heap.first, first.at <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        sink()
        return (first.at, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[least])
            {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
