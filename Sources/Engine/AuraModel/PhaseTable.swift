/// The phases of one kind of instances, each with the phases that may follow it.
public struct PhaseTable: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    private let successors: [Phase: [Phase]]

    /// Creates a table from the successors of each phase. Traps if a phase occurs twice as a key.
    public init(dictionaryLiteral elements: (Phase, [Phase])...) {
        successors = Dictionary(uniqueKeysWithValues: elements)
    }

    /// The phases of the table, in no order.
    public var phases: Set<Phase> { Set(successors.keys) }

    /// Returns the phases that may follow `phase`. A phase that is not in the table, such as one that only a newer
    /// daemon knows, may become `destroying`, so that the instance can be destroyed.
    public func successors(of phase: Phase) -> [Phase] { successors[phase] ?? [.destroying] }

    /// Returns true if an instance may change from `phase` to `next`, or if both are the same.
    public func allows(_ phase: Phase, _ next: Phase) -> Bool {
        phase == next || successors(of: phase).contains(next)
    }
}
