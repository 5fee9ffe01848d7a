// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// One thing that is not as it should be.
public struct ReconcileFinding: Sendable, Hashable, Codable {
    public var verdict: Open<ReconcileVerdict>
    public var kind: Open<ResourceKind>
    /// The provider's id.
    public var id: String
    /// Its name there.
    public var name: String
    public var instance: InstanceID?
    /// What was done; in a dry run, what would have been.
    public var action: Open<ReconcileAction>
    /// In words.
    public var reason: String
    /// When it was first seen so.
    public var since: Timestamp?

    public init(
        verdict: Open<ReconcileVerdict>, kind: Open<ResourceKind>, id: String, name: String,
        instance: InstanceID? = nil, action: Open<ReconcileAction>, reason: String, since: Timestamp? = nil
    ) {
        self.verdict = verdict
        self.kind = kind
        self.id = id
        self.name = name
        self.instance = instance
        self.action = action
        self.reason = reason
        self.since = since
    }
}
