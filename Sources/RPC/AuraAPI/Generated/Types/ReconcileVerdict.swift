// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The judgement of a sweep about a resource.
public enum ReconcileVerdict: String, Sendable, Hashable, Codable, CaseIterable {
    /// A server with the labels and name of an instance that has no machine recorded.
    case unknown
    /// A resource of Aura that no instance owns.
    case orphan
    /// A resource with a name like Aura's that is not provably Aura's; it is never touched.
    case foreign
    /// The machine of an instance is missing from its provider's listing.
    case lost
    /// The machine of a lost instance is listed again.
    case found
    /// A machine that is off although its instance is `running`, or on although it is `suspended`.
    case drift
}
