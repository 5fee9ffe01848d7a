// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// What a job does, why it waits, what happens next, and what exists for it outside.
public struct ExplainResult: Sendable, Hashable, Codable {
    public var job: JobView
    /// All of it in words, for people.
    public var summary: String
    /// What happens next, in words.
    public var next: String
    /// What it waits for; absent where it is at work or has ended.
    public var waits: WaitView?
    /// What exists under the instance's name in the outside world, looked up for this answer.
    public var resources: [ResourceView]
    /// What could not be looked at, and why.
    public var unseen: [UnseenView]

    public init(
        job: JobView, summary: String, next: String, waits: WaitView? = nil, resources: [ResourceView],
        unseen: [UnseenView]
    ) {
        self.job = job
        self.summary = summary
        self.next = next
        self.waits = waits
        self.resources = resources
        self.unseen = unseen
    }
}
