import Agents
import AuraModel
import Jobs

/// The program that a daemon runs: its operations, and the versions of each that it has.
///
/// In a rolling upgrade, old daemons are replaced one by one. The old program adds one step to its operations. Each new
/// program inserts another step before it, removes it or renames it.
public enum Build: String, Sendable, CaseIterable {
    /// The operations of the product, without an upgrade.
    case current
    case old
    case inserts
    case removes
    case renames

    /// The operations that exist in two versions. Each has no pivot, or has it at its first step.
    private static let upgraded: [JobKind] = [.provision, .destroy]
    private static let version = 100
    private static let own = "upgrade.check"

    func catalogue(_ base: JobCatalogue) -> JobCatalogue {
        guard self != .current else { return base }
        let changed = base.newest.filter { Self.upgraded.contains($0.plan.kind) }
        let others = base.newest.filter { !Self.upgraded.contains($0.plan.kind) }
        let old = changed.map { Self.version(1, of: $0, with: [Self.own]) }
        if self == .old { return JobCatalogue(old + others, former: base.former) }
        return JobCatalogue(changed.map { Self.version(2, of: $0, with: steps) } + others, former: base.former + old)
    }

    /// The names of the added steps in the new version.
    private var steps: [String] {
        switch self {
        case .current, .old: [Self.own]
        case .inserts: ["upgrade.prepare", Self.own]
        case .removes: []
        case .renames: ["upgrade.verify"]
        }
    }

    private static func version(_ number: Int, of base: JobDefinition, with names: [String]) -> JobDefinition {
        let plan = base.plan
        let own = names.map { name in
            Step(name, phase: plan.steps[1].phase, timeLimit: .seconds(600), weight: 1, perform: { _ in .done })
        }
        return JobDefinition(
            kind: plan.kind, of: Agents.kind, version: version + number, phaseOnSuccess: plan.phaseOnSuccess,
            phaseOnFailure: plan.phaseOnFailure, phaseWhileUndoing: plan.phaseWhileUndoing, timeLimit: plan.timeLimit,
            pivot: plan.pivot, steps: base.steps.prefix(2) + own + base.steps.dropFirst(2))
    }
}
