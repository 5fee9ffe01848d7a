import AuraModel
import DriverKit
import Jobs
import Locking
import Storage
import TestKit

/// The parameters of a simulated world.
public struct WorldOptions: Sendable {
    public var seed: UInt64
    public var daemons: Int
    public var sabotage: Sabotage
    /// Whether the daemons run sweeps.
    public var reconciles: Bool
    /// Whether the whole trace is kept.
    public var keepsTrace: Bool
    /// Whether daemons read the database's clock while they run.
    public var keepsClocks: Bool
    /// The program that replaces the old one, daemon by daemon, with an occasional step back. `nil` means no upgrade.
    public var upgrade: Build?

    public init(
        seed: UInt64, daemons: Int = 3, sabotage: Sabotage = .none, reconciles: Bool = true, keepsTrace: Bool = false,
        keepsClocks: Bool = true, upgrade: Build? = nil
    ) {
        self.seed = seed
        self.daemons = daemons
        self.sabotage = sabotage
        self.reconciles = reconciles
        self.keepsTrace = keepsTrace
        self.keepsClocks = keepsClocks
        self.upgrade = upgrade
    }
}

/// A world: a database, a cloud, daemons, and the rules that must hold between them.
final class World: Sendable {
    struct Counts: Sendable {
        var calls = 0
        var crashes = 0
        var pauses = 0
        var checks = 0
        var faults: [String: Int] = [:]
    }

    private struct State {
        var daemons: [Int: SimDaemon] = [:]
        /// The daemons that start with the new program from now on.
        var upgraded: Set<Int> = []
        /// The steps of every definition that any daemon has.
        var plans: [DefinitionID: [String]] = [:]
        var lives = 0
        var isStoreDown = false
        var revives = true
        var lastSeq: Int64 = 0
        var counts = Counts()
        var violation: String?
        var trace: [String] = []
        /// FNV-1a over every line of the trace.
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    }

    let options: WorldOptions
    let scheduler: Scheduler
    let random: SeededRandom
    let disk = ModelStore.Disk()
    let cloud: SimCloud
    let credentials = Locked<[String: MachineCredentials]>([:])
    private let faults: any FaultPlan
    private let state = Locked(State())
    /// How long a daemon that died stays away, in milliseconds.
    private let absence: ClosedRange<Int64>

    init(_ options: WorldOptions, faults: (SeededRandom) -> any FaultPlan, absence: ClosedRange<Int64> = 500...40_000) {
        self.options = options
        random = SeededRandom(seed: options.seed)
        scheduler = Scheduler(random: random)
        cloud = SimCloud(scheduler: scheduler, random: random)
        self.faults = faults(random)
        self.absence = absence
    }

    var now: Timestamp { Timestamp(milliseconds: Scheduler.epoch.milliseconds + scheduler.now) }
    var counts: Counts { state.withLock { $0.counts } }
    var violation: String? { state.withLock { $0.violation } }
    var trace: [String] { state.withLock { $0.trace } }
    var digest: UInt64 { state.withLock { $0.digest } }
    var daemons: [SimDaemon] { state.withLock { $0.daemons.sorted { $0.key < $1.key }.map(\.value) } }

    /// True while the database refuses every call.
    var isStoreDown: Bool {
        get { state.withLock { $0.isStoreDown } }
        set { state.withLock { $0.isStoreDown = newValue } }
    }

    // MARK: - Daemons

    func startDaemons() {
        for number in 1...options.daemons { start(number, on: MachineClock(scheduler: scheduler)) }
    }

    private func start(_ number: Int, on machine: MachineClock) {
        let life = state.withLock { state in
            state.lives += 1
            return state.lives
        }
        let isUpgraded = state.withLock { $0.upgraded.contains(number) }
        let build = options.upgrade.map { isUpgraded ? $0 : .old } ?? .current
        let daemon = SimDaemon(number: number, life: life, build: build, machine: machine, world: self)
        state.withLock { $0.daemons[number] = daemon }
        note("d\(number) starts as \(daemon.boot), \(build.rawValue)")
        daemon.start()
    }

    func didCrash(_ daemon: SimDaemon) {
        state.withLock { $0.counts.crashes += 1 }
        note("d\(daemon.number) dies")
        checkTrust()
        let away = absence.lowerBound + Int64(random.next() % UInt64(absence.upperBound - absence.lowerBound + 1))
        scheduler.after(away) { self.start(daemon.number, on: daemon.machine) }
    }

    /// Restarts a daemon with another program: the new one, or the old one if `isNew` is false.
    func replaceProgram(of daemon: SimDaemon, byNew isNew: Bool) {
        state.withLock { state in
            if isNew { state.upgraded.insert(daemon.number) } else { state.upgraded.remove(daemon.number) }
        }
        daemon.crash()
    }

    /// Ends an upgrade: from now on every daemon runs the new program.
    func finishUpgrade() {
        guard options.upgrade != nil else { return }
        for daemon in daemons where daemon.build == .old || !daemon.isAlive { replaceProgram(of: daemon, byNew: true) }
    }

    /// Records the steps of a daemon's definitions.
    func note(_ catalogue: JobCatalogue) {
        state.withLock { state in
            for plan in (catalogue.newest + catalogue.former).map(\.plan) {
                state.plans[plan.definition] = plan.steps.map(\.name)
            }
        }
    }

    /// The steps of a definition, in order.
    func steps(of definition: DefinitionID) -> [String] { state.withLock { $0.plans[definition] ?? [] } }

    /// Pauses a daemon (`SIGSTOP`) and lets it continue (`SIGCONT`) after `milliseconds`.
    func pause(_ daemon: SimDaemon, for milliseconds: Int64) {
        guard daemon.isRunning else { return }
        state.withLock { $0.counts.pauses += 1 }
        note("d\(daemon.number) stands still for \(milliseconds) ms")
        daemon.lane.isHeld = true
        scheduler.after(milliseconds) {
            guard daemon.isAlive else { return }
            self.note("d\(daemon.number) goes on")
            daemon.lane.isHeld = false
        }
    }

    // MARK: - Calls

    func fault(_ kind: CallKind, _ name: String, _ daemon: SimDaemon) -> CallFault? {
        let fault = faults.next(kind, name)
        state.withLock { state in
            state.counts.calls += 1
            if let fault { state.counts.faults[fault.text, default: 0] += 1 }
        }
        if kind == .cloud || fault != nil { note("d\(daemon.number) \(name)\(fault.map { ": \($0.text)" } ?? "")") }
        return fault
    }

    // MARK: - The trace

    func note(_ line: @autoclosure () -> String) {
        let text = "\(scheduler.now) \(line())"
        state.withLock { state in
            for byte in text.utf8 { state.digest = (state.digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            state.trace.append(text)
            if !options.keepsTrace, state.trace.count > 400 { state.trace.removeFirst(200) }
        }
    }

    func violate(_ rule: String) {
        note("VIOLATION: \(rule)")
        state.withLock { $0.violation = $0.violation ?? rule }
    }

    func check(_ holds: Bool, _ rule: @autoclosure () -> String) {
        state.withLock { $0.counts.checks += 1 }
        if !holds { violate(rule()) }
    }

    // MARK: - Commits

    /// Checks the order of committed events. Each daemon is notified up to 300 ms later; one notification in ten is
    /// lost.
    func committed(_ events: [Event]) {
        for event in events {
            let last = state.withLock { $0.lastSeq }
            check(event.seq == last + 1, "after event \(last) came \(event.seq)")
            state.withLock { $0.lastSeq = event.seq }
            note(
                "event \(event.seq) \(event.entry.type.rawValue) \(event.entry.job?.text.suffix(4) ?? "-") \(event.entry.message)"
            )
        }
        for daemon in daemons {
            guard random.next() % 10 != 0 else { continue }
            scheduler.after(Int64(random.next() % 300)) {
                guard daemon.isAlive else { return }
                daemon.engine?.note(events)
            }
        }
    }
}
