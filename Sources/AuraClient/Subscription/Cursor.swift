internal import AuraAPI
internal import JSON

/// Where a subscription stands, so that it goes on behind a lost connection with nothing missing, nothing twice, and no
/// more than was asked for. Decisions only.
struct Cursor: Sendable {
    private let asked: SubscribeParameters
    /// The last place that was seen.
    private(set) var seq: Int64?
    /// Why it has ended by itself; nil while it has not.
    private(set) var end: Open<SubscriptionEndReason>?
    /// The instances as they were, once the snapshot is complete.
    private(set) var snapshot: [JSONValue]?
    private var pages: [JSONValue] = []
    private var wanted: Int64?

    init(_ asked: SubscribeParameters) {
        self.asked = asked
        wanted = asked.maxEvents
        if case .after(let seq) = asked.from { self.seq = seq }
    }

    /// The parameters of the next `status.subscribe`.
    var parameters: SubscribeParameters {
        var next = asked
        next.from = seq.map { .after($0) } ?? asked.from
        next.maxEvents = wanted
        return next
    }

    /// A subscription stands; half a snapshot begins anew.
    mutating func subscribed(head: Int64) {
        pages = []
        // "now" would leave out what happens between a loss and the next subscription.
        if asked.from == nil || asked.from == .now { seq = seq ?? head }
    }

    /// The connection is lost. Where every event came, all that was lost is the word that it has ended.
    mutating func lost() {
        if wanted == 0 { end = .maxEvents }
    }

    /// Goes on behind an end that was not the wished one.
    mutating func goOn() {
        end = nil
    }

    /// What the daemon sent; returned where it is an event, and news.
    mutating func hear(_ result: JSONValue) -> JSONValue? {
        switch result["type"] {
        case "subscription.ended":
            end = Open(rawValue: result["reason"]?.stringValue ?? "")
        case "subscription.snapshot": keep(result)
        case "subscription.bookmark": _ = isNews(result)
        default:
            guard isNews(result) else { return nil }
            wanted = wanted.map { $0 - 1 }
            return result
        }
        return nil
    }

    /// Moves the place; returns false where it was passed already.
    private mutating func isNews(_ result: JSONValue) -> Bool {
        guard let place = result["seq"]?.integerValue else { return true }
        guard place > seq ?? 0 else { return false }
        seq = place
        return true
    }

    private mutating func keep(_ page: JSONValue) {
        pages += page["instances"]?.arrayValue ?? []
        guard page["complete"] == true else { return }
        snapshot = pages
        pages = []
        seq = page["seq"]?.integerValue
    }
}
