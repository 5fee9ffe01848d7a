import AuraModel
import Crypto
import JSON
import Storage

/// The SHA-256 over a range of events of the ledger, which an entry of the audit has:
///
///     SHA-256("aura/events/1\n" ‖ JSON of an event ‖ "\n" ‖ …)
///
/// The JSON of an event has its members in alphabetical order, without those that are `nil`.
struct EventDigest {
    private var hash = SHA256()
    /// The number of events.
    private(set) var count: Int64 = 0

    /// The largest number of events under one hash.
    static let limit: Int64 = 10_000

    init() {
        hash.update(data: Array("aura/events/1\n".utf8))
    }

    /// Adds the next event.
    mutating func add(_ event: Event) {
        var json = JSONText(capacity: 512)
        let entry = event.entry
        json.object { json in
            json.member("at", entry.at)
            json.member("change", entry.change?.text)
            json.member("data", entry.data)
            json.member("instance", entry.instance?.text)
            json.member("job", entry.job?.text)
            json.member("message", entry.message)
            json.member("phase", entry.phase?.rawValue)
            json.member("principal", entry.principal?.text)
            // The shortest text from which the number is read again.
            json.member("progress", entry.progress.map { "\($0)" })
            json.member("seq", event.seq)
            json.member("step", entry.step)
            json.member("tenant", entry.tenant.text)
            json.member("type", entry.type.rawValue)
        }
        hash.update(data: json.bytes)
        hash.update(data: [UInt8(ascii: "\n")])
        count += 1
    }

    /// The hash over all events that were added, in hexadecimal.
    var text: String { hexadecimal(hash.finalize()) }
}

/// The content of an entry about a range of events.
struct EventCoverage: Sendable, Hashable {
    /// The action of these entries.
    static let action = "ledger.events"

    /// The position of the entry in the audit; 0 if it has none yet.
    var entry: Int64 = 0
    /// The range of events.
    var from: Int64
    var through: Int64
    /// The number of events of the range that the ledger had.
    var count: Int64
    /// The text of their ``EventDigest``.
    var sha256: String

    init(from: Int64, through: Int64, _ digest: EventDigest) {
        self.from = from
        self.through = through
        count = digest.count
        sha256 = digest.text
    }

    /// Reads an entry. Returns `nil` for an entry of another action, and for one without content.
    init?(_ entry: AuditEntry) {
        guard let body = entry.content?.body, Self.mayBe(body),
            let members = try? JSONValue(parsing: body).objectValue, members["method"]?.stringValue == Self.action,
            let parameters = members["parameters"]?.objectValue, let from = parameters["from"]?.integerValue,
            let through = parameters["through"]?.integerValue, let count = parameters["count"]?.integerValue,
            let sha256 = parameters["sha256"]?.stringValue
        else { return nil }
        (self.entry, self.from, self.through, self.count, self.sha256) = (entry.seq, from, through, count, sha256)
    }

    /// The parameters of the entry.
    var parameters: JSONValue {
        [
            "from": .integer(from), "through": .integer(through), "count": .integer(count), "sha256": .string(sha256),
        ]
    }

    private static let beginning = Array("{\"at\":\"".utf8)
    private static let middle = Array("\",\"method\":\"\(action)\",".utf8)
    /// The length of a time in an entry.
    private static let timeLength = 24

    /// Returns true if the body may be such an entry, without parsing it: the action follows the time.
    private static func mayBe(_ body: [UInt8]) -> Bool {
        body.starts(with: beginning) && body.dropFirst(beginning.count + timeLength).starts(with: middle)
    }
}
