// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// What a job waits for.
public struct WaitView: Sendable, Hashable, Codable {
    /// For people: `for the machine to boot`.
    public var `for`: String
    /// When it is looked at again; absent while another job has to end first.
    public var until: Timestamp?
    /// From now, in seconds.
    public var seconds: Double?
    /// Tries of the present step that failed in a row.
    public var attempt: Int
    /// The job that has to end first.
    public var blockedBy: JobID?

    public init(`for`: String, until: Timestamp? = nil, seconds: Double? = nil, attempt: Int, blockedBy: JobID? = nil) {
        self.for = `for`
        self.until = until
        self.seconds = seconds
        self.attempt = attempt
        self.blockedBy = blockedBy
    }
}
