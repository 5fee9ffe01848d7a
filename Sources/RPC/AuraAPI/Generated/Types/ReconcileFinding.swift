// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A difference between the providers' resources and the database.
public struct ReconcileFinding: Sendable, Hashable, Codable {
    public var verdict: Open<ReconcileVerdict>
    public var kind: Open<ResourceKind>
    /// The provider's id of the resource.
    public var id: String
    /// The name of the resource at its provider.
    public var name: String
    /// The instance that the resource belongs to by its labels; absent if they name none.
    public var instance: InstanceID?
    /// The action that was taken, or in a dry run the action that would be taken.
    public var action: Open<ReconcileAction>
    /// The cause, as text for people.
    public var reason: String
    /// The time at which the difference was first seen; absent if one listing is enough for the verdict.
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
