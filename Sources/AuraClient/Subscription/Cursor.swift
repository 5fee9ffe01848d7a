internal import AuraAPI
internal import JSON

/// Where a subscription stands, so that it goes on behind a lost connection with nothing missing, nothing twice, and no
/// more than was asked for. Decisions only.
struct Cursor: Sendable {
    private var asked: SubscribeParameters
    /// The history that `seq` belongs to, as the last reply named it; nil while none did.
    private(set) var epoch: String?
    /// The instance that is followed, by id once a reply named it; nil if all are.
    var instance: String? { asked.filter?.instance }
    /// The last place that was seen.
    private(set) var seq: Int64?
    /// Why it has ended by itself; nil while it has not.
    private(set) var end: Open<SubscriptionEndReason>?
    /// The instances as they were, once the snapshot is complete.
    private(set) var snapshot: [JSONValue]?
    private var pages: [JSONValue] = []
    private var wanted: Int64?

    init(_ asked: SubscribeParameters, epoch: String? = nil) {
        self.asked = asked
        self.epoch = epoch
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

    /// The parameters of the next `status.subscribe` as they are sent: with the epoch, if they name a `seq` of it.
    func request() throws -> JSONValue {
        let parameters = parameters
        var request = try JSONValueEncoder().encode(parameters)
        if case .after = parameters.from, let epoch, var members = request.objectValue {
            members["epoch"] = .string(epoch)
            request = .object(members)
        }
        return request
    }

    /// A subscription stands; half a snapshot begins anew.
    ///
    /// `instance` is the id that the filter's instance meant, if the reply names it: a name may mean another instance
    /// by the time of the next request. `epoch` is the history that the daemon has now, if the reply names it.
    mutating func subscribed(head: Int64, instance: String? = nil, epoch: String? = nil) {
        if let instance, asked.filter?.instance != nil { asked.filter?.instance = instance }
        self.epoch = epoch ?? self.epoch
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
        // Of a newer daemon; it is about the subscription and no event.
        case .string(let type)? where type.hasPrefix("subscription."): _ = isNews(result)
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
