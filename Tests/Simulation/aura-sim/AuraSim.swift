public import ArgumentParser
public import Simulation

/// Runs the engine and the operations in simulated worlds, one per seed.
@main
struct AuraSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aura-sim",
        abstract: "Daemons, a database and a cloud in virtual time, with everything that may befall them, by seeds.",
        discussion: "The same seed is the same world. Exits with 1 at the first rule that is broken.")

    @Option(help: "How many seeds.")
    var seeds: UInt64 = 100

    @Option(help: "The first of them.")
    var first: UInt64 = 1

    @Option(help: "Daemons that share the database.")
    var daemons = 3

    @Option(help: "A new program that replaces the old one daemon by daemon: inserts, removes or renames a step.")
    var upgrade: Build?

    @Option(
        help: ArgumentHelp(
            "What is broken on purpose: \(Sabotage.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "sabotage"))
    var sabotage: Sabotage = .none

    @Flag(help: "Instead of seeds: every operation, with every fault at every call that it makes.")
    var exhaust = false

    @Flag(help: "Without the sweep.")
    var noSweep = false

    @Flag(help: "Print every world's whole trace.")
    var trace = false

    func run() throws {
        if exhaust { try goThroughAll() } else { try goThroughSeeds() }
    }

    private func goThroughAll() throws {
        var isWhole = true
        for scenario in Exhaustion.Scenario.allCases {
            let report = Exhaustion.run(scenario)
            print(
                "\(scenario.rawValue): \(report.storeCalls) database calls, \(report.cloudCalls) cloud calls, \(report.cases) cases"
            )
            for violation in report.violations { print("  \(violation)") }
            isWhole = isWhole && report.violations.isEmpty && report.cases == report.expectedCases
        }
        guard isWhole else { throw ExitCode(1) }
    }

    private func goThroughSeeds() throws {
        var total = Totals()
        let clock = ContinuousClock()
        let start = clock.now
        for seed in first..<(first + seeds) {
            let outcome = Simulation.run(
                WorldOptions(
                    seed: seed, daemons: daemons, sabotage: sabotage, reconciles: !noSweep, keepsTrace: trace,
                    upgrade: upgrade))
            total.add(outcome)
            if trace { for line in outcome.trace { print(line) } }
            guard let violation = outcome.violation else { continue }
            for line in outcome.trace.suffix(60) where !trace { print(line) }
            print("seed \(seed), after \(outcome.virtualMilliseconds) ms: \(violation)")
            let others = (upgrade.map { " --upgrade \($0.rawValue)" } ?? "") + (noSweep ? " --no-sweep" : "")
            print(
                "again: aura-sim --first \(seed) --seeds 1 --daemons \(daemons) --sabotage \(sabotage.rawValue)\(others) --trace"
            )
            throw ExitCode(1)
        }
        print(total.text(took: clock.now - start))
    }
}

extension Sabotage: ExpressibleByArgument {}
extension Build: ExpressibleByArgument {}

/// The totals of all worlds.
private struct Totals {
    var seeds = 0
    var milliseconds: Int64 = 0
    var jobs = 0
    var events = 0
    var calls = 0
    var crashes = 0
    var pauses = 0
    var checks = 0
    var faults: [String: Int] = [:]
    var digest: UInt64 = 0

    mutating func add(_ outcome: Outcome) {
        seeds += 1
        milliseconds += outcome.virtualMilliseconds
        jobs += outcome.jobs
        events += outcome.events
        calls += outcome.calls
        crashes += outcome.crashes
        pauses += outcome.pauses
        checks += outcome.checks
        faults.merge(outcome.faults, uniquingKeysWith: +)
        digest = digest &* 31 &+ outcome.digest
    }

    func text(took: Duration) -> String {
        let befell = faults.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
        return """
            \(seeds) seeds, \(milliseconds / 3_600_000) h of virtual time in \(took): no rule was broken
            \(jobs) jobs, \(events) events, \(calls) calls, \(checks) checks
            \(crashes) deaths, \(pauses) stand-stills; \(befell)
            digest \(String(digest, radix: 16))
            """
    }
}
