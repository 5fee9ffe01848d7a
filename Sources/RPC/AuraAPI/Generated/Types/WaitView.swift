// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// The condition that a job waits for.
public struct WaitView: Sendable, Hashable, Codable {
    /// The condition as text for people: `for the machine to boot`.
    public var `for`: String
    /// The time at which the job is due; absent if it waits for another job or another daemon.
    public var until: Timestamp?
    /// The time from now to `until`, in seconds; absent without `until`.
    public var seconds: Double?
    /// The number of consecutive failed tries of the present step.
    public var attempt: Int
    /// The job that must end first; absent if there is none.
    public var blockedBy: JobID?

    public init(`for`: String, until: Timestamp? = nil, seconds: Double? = nil, attempt: Int, blockedBy: JobID? = nil) {
        self.for = `for`
        self.until = until
        self.seconds = seconds
        self.attempt = attempt
        self.blockedBy = blockedBy
    }
}
