/// A kind of instances: its phases, and the type of its facts. Each feature declares its own kinds.
public struct InstanceKindDefinition: Sendable {
    /// The name of the kind.
    public let kind: InstanceKind
    /// The phases of its instances.
    public let phases: PhaseTable
    /// The type of the facts.
    public let facts: any InstanceFacts.Type

    /// Creates a definition.
    public init(_ kind: InstanceKind, phases: PhaseTable, facts: any InstanceFacts.Type) {
        self.kind = kind
        self.phases = phases
        self.facts = facts
    }
}

/// The kinds of instances that a daemon knows.
public struct InstanceKinds: Sendable {
    private let definitions: [InstanceKind: InstanceKindDefinition]

    /// Collects the definitions of all features. Traps if two define the same kind.
    public init(_ definitions: [InstanceKindDefinition]) {
        self.definitions = Dictionary(uniqueKeysWithValues: definitions.map { ($0.kind, $0) })
    }

    /// The types of the facts of all kinds.
    public var factsTypes: [any InstanceFacts.Type] { definitions.values.map(\.facts) }

    /// Returns the type of the facts of a kind: ``UnknownFacts`` for a kind that this daemon does not know.
    public func factsType(of kind: InstanceKind) -> any InstanceFacts.Type {
        definitions[kind]?.facts ?? UnknownFacts.self
    }
}
