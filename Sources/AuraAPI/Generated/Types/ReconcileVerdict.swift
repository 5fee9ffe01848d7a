// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// What a sweep thinks of a thing.
public enum ReconcileVerdict: String, Sendable, Hashable, Codable, CaseIterable {
    /// An instance without a machine, and the machine that carries its labels.
    case unknown
    /// It carries our labels, and nobody owns it.
    case orphan
    /// It has our kind of name, and is not provably ours: never touched.
    case foreign
    /// An instance's machine does not exist any more.
    case lost
    /// A lost machine is there again.
    case found
    /// A machine is off whose instance is `running`, or the other way round.
    case drift
}
