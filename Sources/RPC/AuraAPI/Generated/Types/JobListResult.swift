// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A page of jobs in the requested order.
public struct JobListResult: Sendable, Hashable, Codable {
    /// The jobs, without their steps.
    public var jobs: [JobView]
    /// The value of `after` for the next page; absent on the last page.
    public var next: JobID?
    /// The ids of jobs of this page that the daemon cannot read, because a newer daemon wrote them or they are
    /// damaged. Absent if there are none.
    public var unreadable: [JobID]?

    public init(jobs: [JobView], next: JobID? = nil, unreadable: [JobID]? = nil) {
        self.jobs = jobs
        self.next = next
        self.unreadable = unreadable
    }
}
