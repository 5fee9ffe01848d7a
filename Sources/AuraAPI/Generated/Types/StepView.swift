// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A step of a job, begun or still to come.
public struct StepView: Sendable, Hashable, Codable {
    /// Such as `server.create`.
    public var name: String
    public var state: Open<StepState>
    /// The instance's phase while it runs.
    public var phase: Open<Phase>
    /// How long it usually takes, in seconds.
    public var expectedSeconds: Double
    /// Tries that failed in a row.
    public var attempt: Int
    /// The id of what it made in the outside world.
    public var externalId: String?
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?

    public init(
        name: String, state: Open<StepState>, phase: Open<Phase>, expectedSeconds: Double, attempt: Int,
        externalId: String? = nil, startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil
    ) {
        self.name = name
        self.state = state
        self.phase = phase
        self.expectedSeconds = expectedSeconds
        self.attempt = attempt
        self.externalId = externalId
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}
