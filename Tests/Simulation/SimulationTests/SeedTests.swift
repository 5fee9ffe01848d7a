import Simulation
import Testing

/// `make sim SEEDS=…` runs more seeds. These ranges fit into the time of a normal test run.
@Suite struct SeedTests {
    private static let seeds: ClosedRange<UInt64> = 1...120
    /// For worlds with sweeps, lost machines and orphans. They last longer because of the grace periods.
    private static let sweptSeeds: ClosedRange<UInt64> = 1...40
    private static let upgradeSeeds: ClosedRange<UInt64> = 1...40
    /// Each sabotage must be found within these seeds.
    private static let sabotageSeeds: ClosedRange<UInt64> = 1...80

    @Test func noInvariantIsBrokenWithSweeps() {
        for seed in Self.sweptSeeds {
            let outcome = Simulation.run(WorldOptions(seed: seed))
            #expect(outcome.violation == nil, "seed \(seed): \(outcome.trace.suffix(40).joined(separator: "\n"))")
        }
    }

    @Test func noInvariantIsBrokenWithoutSweeps() {
        for seed in Self.seeds {
            let outcome = Simulation.run(WorldOptions(seed: seed, reconciles: false))
            #expect(outcome.violation == nil, "seed \(seed): \(outcome.trace.suffix(40).joined(separator: "\n"))")
        }
    }

    /// Daemons of two programs share the database. No job runs a step of another definition, and no job is lost.
    @Test(arguments: [Build.inserts, .removes, .renames]) func aRollingUpgradeBreaksNoInvariant(_ upgrade: Build) {
        for seed in Self.upgradeSeeds {
            let outcome = Simulation.run(WorldOptions(seed: seed, reconciles: false, upgrade: upgrade))
            #expect(outcome.violation == nil, "seed \(seed): \(outcome.trace.suffix(40).joined(separator: "\n"))")
        }
    }

    /// A step that is found by its index is another step after an upgrade.
    @Test(arguments: [Build.inserts, .removes, .renames]) func sabotageByFindingStepsByIndexIsFound(_ upgrade: Build) {
        let found = Self.sabotageSeeds.first { seed in
            Simulation.run(WorldOptions(seed: seed, sabotage: .index, reconciles: false, upgrade: upgrade)).violation
                != nil
        }
        #expect(found != nil)
        print("sabotage index, \(upgrade.rawValue): found by seed \(found ?? 0)")
    }

    @Test func equalSeedsGiveEqualTraces() {
        let first = Simulation.run(WorldOptions(seed: 7, keepsTrace: true))
        let second = Simulation.run(WorldOptions(seed: 7, keepsTrace: true))
        #expect(first.trace == second.trace)
        #expect(first.trace.count > 300)
    }

    /// A broken rule must be found, or a run without findings would prove nothing.
    @Test(arguments: [Sabotage.fencing, .intent, .undo, .entryApart, .lostEntry, .staleRights, .renumbering])
    func sabotageIsFound(_ sabotage: Sabotage) {
        let found = Self.sabotageSeeds.first { seed in
            Simulation.run(WorldOptions(seed: seed, sabotage: sabotage, reconciles: false)).violation != nil
        }
        #expect(found != nil)
        print("sabotage \(sabotage.rawValue): found by seed \(found ?? 0)")
    }
}

@Suite struct ExhaustionTests {
    @Test(arguments: Exhaustion.Scenario.allCases)
    func everyFaultAtEveryCallBreaksNoInvariant(_ scenario: Exhaustion.Scenario) {
        let report = Exhaustion.run(scenario)
        #expect(report.violations == [])
        #expect(report.cases == report.expectedCases)
        #expect(report.storeCalls > 20 && (report.cloudCalls >= 3 || !scenario.usesCloud))
        print("\(scenario.rawValue): \(report.cases) cases at \(report.storeCalls + report.cloudCalls) calls")
    }
}
