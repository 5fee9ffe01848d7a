import FoundationEssentials
import HeapModule

/// The future events, ordered by time; events with equal times keep the order in which they were added.
struct EventHeap<Event: Sendable>: Sendable {
    private struct Entry: Comparable, Sendable {
        let at: Date
        let number: Int
        let event: Event

        static func < (left: Entry, right: Entry) -> Bool { (left.at, left.number) < (right.at, right.number) }
        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    }

    private var heap = Heap<Entry>()
    private var added = 0

    /// The number of events.
    var count: Int { heap.count }

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
