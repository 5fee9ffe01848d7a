import FoundationEssentials
import HeapModule

/// The future events, ordered by time; events with equal times keep the order in which they were added.
struct EventHeap: Sendable {
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

    private struct Entry: Comparable, Sendable {
        let at: Date
        let number: Int
        let event: Event

        static func < (left: Entry, right: Entry) -> Bool { (left.at, left.number) < (right.at, right.number) }
        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    }

    private var heap = Heap<Entry>()
    private var added = 0

    /// Adds an event.
    mutating func add(_ event: Event, at: Date) {
        heap.insert(Entry(at: at, number: added, event: event))
        added += 1
    }

    /// Removes and returns the earliest event that is due at `now`.
    mutating func take(dueAt now: Date) -> (at: Date, event: Event)? {
        guard let first = heap.min, first.at <= now else { return nil }
        heap.removeMin()
        return (first.at, first.event)
    }
}
