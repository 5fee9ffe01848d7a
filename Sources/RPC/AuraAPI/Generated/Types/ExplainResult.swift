// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The state of a job: why it waits, what happens next, and which resources exist for its instance.
public struct ExplainResult: Sendable, Hashable, Codable {
    public var job: JobView
    /// The whole explanation as text for people.
    public var summary: String
    /// The next action, as text for people.
    public var next: String
    /// The condition that the job waits for or last waited for; absent if there is none.
    public var waits: WaitView?
    /// The resources with the instance's name that the providers returned during this call.
    public var resources: [ResourceView]
    /// The kinds of resource that could not be looked up, each with the cause.
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
