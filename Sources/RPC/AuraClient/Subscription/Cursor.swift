internal import AuraAPI
internal import JSON

/// The position of a subscription in the ledger. After a reconnect the subscription continues without missing or
/// repeated events, and stays within the requested number of events. It does no IO.
struct Cursor: Sendable {
    private var asked: SubscribeParameters
    /// The ledger epoch of `seq`, as the last reply named it or as the caller gave it; `nil` if neither did.
    private(set) var epoch: String?
    /// The instance of the filter, by id once a reply has named it; `nil` if the filter has no instance.
    var instance: String? { asked.filter?.instance }
    /// The `seq` up to which the client knows the ledger; `nil` before the first one.
    private(set) var seq: Int64?
    /// The daemon's reason for the end of the subscription; `nil` while it has not ended.
    private(set) var end: Open<SubscriptionEndReason>?
    /// The instances at the start, once the snapshot is complete.
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

    /// The JSON parameters of the next `status.subscribe`. They include the epoch if they include a `seq` of it.
    func request() throws -> JSONValue {
        let parameters = parameters
        var request = try JSONValueEncoder().encode(parameters)
        if case .after = parameters.from, let epoch, var members = request.objectValue {
            members["epoch"] = .string(epoch)
            request = .object(members)
        }
        return request
    }

    /// Records a new subscription and discards an incomplete snapshot.
    ///
    /// `instance` is the id to which the daemon resolved the filter's instance, if the reply names it. The next request
    /// uses the id, because the name may then belong to another instance. `epoch` is the daemon's current ledger epoch,
    /// if the reply names it.
    mutating func subscribed(head: Int64, instance: String? = nil, epoch: String? = nil) {
        if let instance, asked.filter?.instance != nil { asked.filter?.instance = instance }
        self.epoch = epoch ?? self.epoch
        pages = []
        // "now" would skip the events between a loss and the next subscription.
        if asked.from == nil || asked.from == .now { seq = seq ?? head }
    }

    /// Records the loss of the connection. If all requested events have arrived, the subscription counts as ended,
    /// although the message about its end is missing.
    mutating func lost() {
        if wanted == 0 { end = .maxEvents }
    }

    /// Clears the end, so that the subscription can continue.
    mutating func resume() {
        end = nil
    }

    /// Processes a message of the subscription. Returns the message if it is an event that the client has not seen,
    /// else `nil`.
    mutating func hear(_ result: JSONValue) -> JSONValue? {
        switch result["type"] {
        case "subscription.ended":
            end = Open(rawValue: result["reason"]?.stringValue ?? "")
        case "subscription.snapshot": keep(result)
        case "subscription.bookmark": _ = isNews(result)
        // A type of a newer daemon: it concerns the subscription and is not an event.
        case .string(let type)? where type.hasPrefix("subscription."): _ = isNews(result)
        default:
            guard isNews(result) else { return nil }
            wanted = wanted.map { $0 - 1 }
            return result
        }
        return nil
    }

    /// Advances `seq`. Returns false if `seq` has already passed the message. A message without a `seq` counts as new.
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
