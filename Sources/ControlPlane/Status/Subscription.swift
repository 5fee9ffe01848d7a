import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Storage

/// One subscription of one connection: which events it wants, and how far in the ledger it is.
///
///     catching up ── has everything ──▶ live ── no room, or an end to look at ──▶ catching up ── its end ──▶ ended
struct Subscription: Sendable {
    let number: SubscriptionNumber
    /// The client's name for it; a later subscription of the connection may have the same.
    let id: String
    let session: Session
    let filter: EventFilter
    /// Every event up to here was looked at.
    var cursor: Int64
    var endsWhenTerminal = false
    /// Events after which it ends; none means any number.
    var remaining: Int64?
    var onLag = LagPolicy.replay
    /// Whether it begins with the instances as they are.
    var beginsWithSnapshot = false
    /// What the snapshot told already, until the ledger is past it.
    var snapshot = SnapshotPages()
    /// Whether it was up to date once.
    var wasLive = false
    /// The place in the ledger that its client knows of.
    var told: Int64

    /// What stands before an event's text on the wire, and what stands behind it.
    private let prefix: [UInt8]
    private static let suffix = Array("}}".utf8)
    private static let lineEnd = Array("}}\n".utf8)

    /// Bytes after which no further line is handed to a connection at once: as many as stay in the processor's cache, and as a thousand slow
    /// clients may have waiting.
    static let lineBytes = 32 << 10

    /// After so many events that do not match, the client is told how far it is, so that it need not begin so far back.
    static let eventsToBookmark: Int64 = 1000

    init(
        number: SubscriptionNumber, id: String, session: Session, filter: EventFilter = EventFilter(), cursor: Int64
    ) {
        self.number = number
        self.id = id
        self.session = session
        self.filter = filter
        self.cursor = cursor
        told = cursor
        let name = JSONValue.string(id).serializedString()
        let method = EventNotification.method
        prefix = Array(#"{"jsonrpc":"2.0","method":"\#(method)","params":{"subscription":\#(name),"result":"#.utf8)
    }

    /// Whether an event is to be delivered.
    func wants(_ event: Event) -> Bool {
        event.seq > cursor && filter.matches(event.entry) && !snapshot.tells(event)
    }

    /// Whether it wants every event that its filter matches, from its cursor on and without an end.
    var takesAll: Bool { remaining == nil && !endsWhenTerminal && snapshot.isPast(cursor) }

    /// The lines of events, as many as are handed to a connection at once, and how many events these are.
    func lines(of events: some Sequence<FeedEvent>) throws -> (lines: [UInt8], count: Int) {
        var lines: [UInt8] = []
        var count = 0
        for event in events where lines.count < Self.lineBytes {
            try event.text().withUnsafeBytes { write($0, to: &lines) }
            count += 1
        }
        return (lines, count)
    }

    /// Delivers an event as soon as the connection has room.
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

    /// Takes note of events that went out, the last of which is `seq`.
    mutating func delivered(_ seq: Int64, count: Int64 = 1) {
        cursor = seq
        told = seq
        if let remaining { self.remaining = remaining - count }
    }

    /// Whether a bookmark is due.
    var isQuiet: Bool { cursor - told >= Self.eventsToBookmark }

    /// A message that is no event.
    func message(_ result: some Encodable) throws -> [UInt8] {
        try prefix + JSONValueEncoder().encode(result).serialized() + Self.suffix
    }

    var bookmark: Bookmark { Bookmark(seq: cursor) }
}

/// What pages of a snapshot told: for each page the last instance on it and the head of the ledger when it was read.
struct SnapshotPages: Sendable {
    private struct Page: Sendable {
        /// None on the last page, which also stands for what is newer.
        var last: InstanceID?
        var head: Int64
    }

    private var pages: [Page] = []

    mutating func add(last: InstanceID?, head: Int64) {
        pages.append(Page(last: last, head: head))
    }

    /// Whether no event after this one is shown by a page.
    func isPast(_ seq: Int64) -> Bool { pages.allSatisfy { $0.head <= seq } }

    /// The last instance of the newest page; none before the first page and behind the last.
    var last: InstanceID? { pages.last?.last }

    /// From where on events have to follow; none before the first page.
    var floor: Int64? { pages.first?.head }

    /// Whether a page shows what this event did.
    func tells(_ event: Event) -> Bool {
        guard let newest = pages.last?.head, event.seq <= newest, let instance = event.entry.instance else {
            return false
        }
        // Pages are in the order of ids.
        let page = pages.first { $0.last.map { instance.text <= $0.text } ?? true }
        return page.map { event.seq <= $0.head } ?? false
    }
}
