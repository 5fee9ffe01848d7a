import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Storage

/// One subscription of one connection: the events that it wants, and its cursor in the ledger.
///
///     catching up ── has all events ──▶ live ── no room, or may end ──▶ catching up ── ends ──▶ ended
struct Subscription: Sendable {
    let number: SubscriptionNumber
    /// The id on the wire. A later subscription of the connection may have the same id.
    let id: String
    let session: Session
    /// The wanted events. Its scope is that of the caller, and limits snapshots, replays and live events alike.
    let filter: EventFilter
    /// Every event up to this `seq` was checked.
    var cursor: Int64
    var endsWhenTerminal = false
    /// The number of events after which the subscription ends; `nil` means no limit.
    var remaining: Int64?
    var onLag = LagPolicy.replay
    /// True if the subscription begins with a snapshot of the instances.
    var beginsWithSnapshot = false
    /// The snapshot pages that were sent. An event that a page already shows is not sent again.
    var snapshot = SnapshotPages()
    /// True if the subscription has been up to date at least once.
    var wasLive = false
    /// The notified `seq`: the client knows that it has every event up to here.
    var notifiedSeq: Int64

    /// The bytes before an event's text on the wire; `suffix` and `lineEnd` follow the text.
    private let prefix: [UInt8]
    private static let suffix = Array("}}".utf8)
    private static let lineEnd = Array("}}\n".utf8)

    /// The size in bytes at which no further line is added to a write. The bytes fit in the processor's cache, and a
    /// thousand slow clients may each have this many bytes queued.
    static let lineBytes = 32 << 10

    /// After this many events that do not match, the client gets a bookmark, so that it can resume from a later `seq`.
    static let eventsToBookmark: Int64 = 1000

    init(number: SubscriptionNumber, id: String, session: Session, filter: EventFilter, cursor: Int64) {
        self.number = number
        self.id = id
        self.session = session
        self.filter = filter
        self.cursor = cursor
        notifiedSeq = cursor
        let name = JSONValue.string(id).serializedString()
        let method = EventNotification.method
        prefix = Array(#"{"jsonrpc":"2.0","method":"\#(method)","params":{"subscription":\#(name),"result":"#.utf8)
    }

    /// True if the event must be delivered.
    func wants(_ event: Event) -> Bool {
        event.seq > cursor && filter.matches(event.entry) && !snapshot.tells(event)
    }

    /// True if the subscription wants every event that its filter matches after its cursor, without an end.
    var takesAll: Bool { remaining == nil && !endsWhenTerminal && snapshot.isPast(cursor) }

    /// Returns the lines of the first events, until they have ``lineBytes``, and the number of these events.
    func lines(of events: some Sequence<FeedEvent>) -> (lines: [UInt8], count: Int) {
        var lines: [UInt8] = []
        var count = 0
        for event in events where lines.count < Self.lineBytes {
            event.text().withUnsafeBytes { write($0, to: &lines) }
            count += 1
        }
        return (lines, count)
    }

    /// Delivers an event as soon as the connection has space.
    mutating func deliver(_ event: FeedEvent) async throws {
        try await session.notify(prefix + event.text() + Self.suffix)
        delivered(event.seq)
    }

    /// Appends the line of an event.
    func write(_ text: UnsafeRawBufferPointer, to lines: inout [UInt8]) {
        lines.append(contentsOf: prefix)
        lines.append(contentsOf: text)
        lines.append(contentsOf: Self.lineEnd)
    }

    /// Records that `count` events were sent, the last of them with `seq`.
    mutating func delivered(_ seq: Int64, count: Int64 = 1) {
        cursor = seq
        notifiedSeq = seq
        if let remaining { self.remaining = remaining - count }
    }

    /// True if a bookmark is due.
    var isQuiet: Bool { cursor - notifiedSeq >= Self.eventsToBookmark }

    /// Returns a message that carries `result` instead of an event.
    func message(_ result: some Encodable) throws -> [UInt8] {
        try prefix + JSONValueEncoder().encode(result).serialized() + Self.suffix
    }

    var bookmark: Bookmark { Bookmark(seq: cursor) }
}

/// The pages of a snapshot that were sent: for each page its last instance, and the ledger's head when the page was
/// read.
struct SnapshotPages: Sendable {
    private struct Page: Sendable {
        /// The last instance of the page; `nil` for the last page, which also covers all later ids.
        var last: InstanceID?
        var head: Int64
    }

    private var pages: [Page] = []

    mutating func add(last: InstanceID?, head: Int64) {
        pages.append(Page(last: last, head: head))
    }

    /// True if `seq` is at or after the head of every page, so that no page shows a later event.
    func isPast(_ seq: Int64) -> Bool { pages.allSatisfy { $0.head <= seq } }

    /// The last instance of the newest page; `nil` before the first page and after the last.
    var last: InstanceID? { pages.last?.last }

    /// The `seq` after which the client needs the events: the head of the first page; `nil` before it.
    var floor: Int64? { pages.first?.head }

    /// True if a page already shows the effect of this event.
    func tells(_ event: Event) -> Bool {
        guard let newest = pages.last?.head, event.seq <= newest, let instance = event.entry.instance else {
            return false
        }
        // Pages are in the order of ids.
        let page = pages.first { $0.last.map { instance.text <= $0.text } ?? true }
        return page.map { event.seq <= $0.head } ?? false
    }
}
