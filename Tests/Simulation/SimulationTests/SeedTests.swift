import Simulation
import Testing

/// `make sim SEEDS=…` goes through more; these are as many as a run of all tests has the time for.
@Suite struct SeedTests {
    private static let seeds: ClosedRange<UInt64> = 1...120
    /// With the sweep, whose graces make worlds last longer, and with machines that vanish and orphans that appear.
    private static let sweptSeeds: ClosedRange<UInt64> = 1...40
    private static let upgradeSeeds: ClosedRange<UInt64> = 1...40
    /// Within so many seeds each sabotage has to be found.
    private static let sabotageSeeds: ClosedRange<UInt64> = 1...80

    @Test func noRuleIsBroken() {
        for seed in Self.sweptSeeds {
            let outcome = Simulation.run(WorldOptions(seed: seed))
            #expect(outcome.violation == nil, "seed \(seed): \(outcome.trace.suffix(40).joined(separator: "\n"))")
        }
    }

    @Test func withoutTheSweepTheEngineLeavesNothingBehindByItself() {
        for seed in Self.seeds {
            let outcome = Simulation.run(WorldOptions(seed: seed, reconciles: false))
            #expect(outcome.violation == nil, "seed \(seed): \(outcome.trace.suffix(40).joined(separator: "\n"))")
        }
    }

    /// Daemons of two programs share the database: no job runs a step that is not its own, and none is lost.
    @Test(arguments: [Build.inserts, .removes, .renames]) func aRollingUpgradeBreaksNoRule(_ upgrade: Build) {
        for seed in Self.upgradeSeeds {
            let outcome = Simulation.run(WorldOptions(seed: seed, reconciles: false, upgrade: upgrade))
            #expect(outcome.violation == nil, "seed \(seed): \(outcome.trace.suffix(40).joined(separator: "\n"))")
        }
    }

    /// Steps that are found by their places are other steps after an upgrade.
    @Test(arguments: [Build.inserts, .removes, .renames]) func stepsFoundByTheirPlacesAreNoticed(_ upgrade: Build) {
        let found = Self.sabotageSeeds.first { seed in
            Simulation.run(WorldOptions(seed: seed, sabotage: .index, reconciles: false, upgrade: upgrade)).violation
                != nil
        }
        #expect(found != nil)
        print("sabotage index, \(upgrade.rawValue): found by seed \(found ?? 0)")
    }

    @Test func theSameSeedIsTheSameWorld() {
        let first = Simulation.run(WorldOptions(seed: 7, keepsTrace: true))
        let second = Simulation.run(WorldOptions(seed: 7, keepsTrace: true))
        #expect(first.trace == second.trace)
        #expect(first.trace.count > 300)
    }

    /// A simulator that finds nothing when something is broken proves nothing.
    @Test(arguments: [Sabotage.fencing, .intent, .undo]) func sabotageIsFound(_ sabotage: Sabotage) {
        let found = Self.sabotageSeeds.first { seed in
            Simulation.run(WorldOptions(seed: seed, sabotage: sabotage, reconciles: false)).violation != nil
        }
        #expect(found != nil)
        print("sabotage \(sabotage.rawValue): found by seed \(found ?? 0)")
    }
}

@Suite struct ExhaustionTests {
    @Test(arguments: Exhaustion.Scenario.allCases)
    func everyFaultAtEveryCall(_ scenario: Exhaustion.Scenario) {
        let report = Exhaustion.run(scenario)
        #expect(report.violations == [])
        #expect(report.cases == report.expectedCases)
        #expect(report.storeCalls > 20 && report.cloudCalls >= 3)
        print("\(scenario.rawValue): \(report.cases) cases at \(report.storeCalls + report.cloudCalls) calls")
    }
}
