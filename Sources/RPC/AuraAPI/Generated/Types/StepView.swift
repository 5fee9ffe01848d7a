// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A step of a job, begun or not.
public struct StepView: Sendable, Hashable, Codable {
    /// The name of the step, such as `server.create`.
    public var name: String
    public var state: Open<StepState>
    /// The instance's phase during the step.
    public var phase: Open<Phase>
    /// The usual duration in seconds; 0 if this daemon does not have the job's definition.
    public var expectedSeconds: Double
    /// The number of consecutive failed tries of the step or of its undo.
    public var attempt: Int
    /// The provider's id of the resource that the step created; absent if there is none.
    public var externalId: String?
    /// The time at which the step began; absent before.
    public var startedAt: Timestamp?
    /// The time at which the step or its undo ended; absent before.
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
