// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A page of jobs, by their ids.
public struct JobListResult: Sendable, Hashable, Codable {
    /// Without their steps.
    public var jobs: [JobView]
    /// Ask for `after` this for the next page; absent on the last.
    public var next: JobID?
    /// The ids of jobs of this page that the daemon cannot read, since a newer one wrote them or they are damaged;
    /// absent if there are none.
    public var unreadable: [JobID]?

    public init(jobs: [JobView], next: JobID? = nil, unreadable: [JobID]? = nil) {
        self.jobs = jobs
        self.next = next
        self.unreadable = unreadable
    }
}
