public import AuraModel

/// `job.explain`: what a job does, why it waits, what happens next, and what exists for it outside.
public struct ExplainResult: Sendable, Codable {
    public var job: JobView
    /// All of it in words, for people.
    public var summary: String
    /// What happens next, in words.
    public var next: String
    /// What it waits for; none where it is at work or has ended.
    public var waits: WaitView?
    /// What exists now under the instance's name in the outside world, its present and looked up for this answer.
    public var resources: [ResourceView]
    /// What could not be looked at, and why.
    public var unseen: [UnseenView]

    public init(
        job: JobView, summary: String, next: String, waits: WaitView?, resources: [ResourceView], unseen: [UnseenView]
    ) {
        self.job = job
        self.summary = summary
        self.next = next
        self.waits = waits
        self.resources = resources
        self.unseen = unseen
    }
}

/// What a job waits for.
public struct WaitView: Sendable, Hashable, Codable {
    /// For people: `for the machine to boot`.
    public var `for`: String
    /// When it is looked at again; none while another job has to end first.
    public var until: Timestamp?
    /// From now, in seconds.
    public var seconds: Double?
    /// Tries of the present step that failed in a row.
    public var attempt: Int
    /// The job that has to end first.
    public var blockedBy: JobID?

    public init(for reason: String, until: Timestamp?, seconds: Double?, attempt: Int, blockedBy: JobID?) {
        self.for = reason
        self.until = until
        self.seconds = seconds
        self.attempt = attempt
        self.blockedBy = blockedBy
    }
}

/// Something in the outside world.
public struct ResourceView: Sendable, Hashable, Codable {
    /// `server`, `key` or `device`.
    public var kind: String
    public var id: String
    public var name: String
    /// What it does now, in the provider's word, where it says.
    public var state: String?
    /// Whether it carries our labels or tags; what does not is never touched.
    public var ours: Bool

    public init(kind: String, id: String, name: String, state: String?, ours: Bool) {
        self.kind = kind
        self.id = id
        self.name = name
        self.state = state
        self.ours = ours
    }
}

/// Something that could not be looked at.
public struct UnseenView: Sendable, Hashable, Codable {
    public var kind: String
    public var reason: String

    public init(kind: String, reason: String) {
        self.kind = kind
        self.reason = reason
    }
}
