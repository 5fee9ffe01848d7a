import AuraModel
import DriverKit
import Locking
import TestKit

/// The result of one seed.
public struct Outcome: Sendable {
    public var seed: UInt64
    /// The first broken rule, or `nil` if all rules held.
    public var violation: String?
    public var virtualMilliseconds: Int64
    public var jobs: Int
    public var events: Int
    public var calls: Int
    public var crashes: Int
    /// How often a daemon was paused.
    public var pauses: Int
    /// How many rules were checked.
    public var checks: Int
    /// How often each fault occurred.
    public var faults: [String: Int]
    /// A hash of the whole trace.
    public var digest: UInt64
    /// The whole trace if `keepsTrace` is set, else its last lines, at most 400.
    public var trace: [String]
}

/// Runs worlds.
public enum Simulation {
    /// The time with faults, in virtual milliseconds.
    private static let troubledSpan: Int64 = 600_000
    /// The most scheduler steps within one millisecond; more of them mean a busy loop.
    private static let mostStepsAMoment = 100_000
    /// The time after the faults within which all jobs must end, in virtual milliseconds.
    private static let calmSpan: Int64 = 8 * 3_600_000

    /// Runs the world of one seed: daemons and a client, ten minutes with faults, then no faults until all jobs have
    /// ended.
    public static func run(_ options: WorldOptions) -> Outcome {
        let faults = Locked<SeededFaults?>(nil)
        let world = World(options) { random in
            let seeded = SeededFaults(random: random)
            faults.withLock { $0 = seeded }
            return seeded
        }
        world.startDaemons()
        let tormentor = Tormentor(world: world)
        tormentor.start(until: troubledSpan)
        Client(world: world).start(requests: 24, over: troubledSpan * 3 / 4)
        let trust = TrustClient(world: world)
        trust.start(requests: 32, over: troubledSpan * 3 / 4)
        _ = drive(world, until: troubledSpan) { false }
        world.note("peace")
        faults.withLock { $0 }?.stop()
        tormentor.stop()
        world.finishUpgrade()
        world.cloud.calmDown()
        trust.openAll()
        settle(world)
        return outcome(world)
    }

    /// Runs the world until nothing is left to do, and checks the rules for the end.
    static func settle(_ world: World) {
        let end = world.scheduler.now + calmSpan
        while world.violation == nil, world.scheduler.now < end {
            let isSettled = drive(world, until: world.scheduler.now + 5000) { false } && isAtRest(world)
            // Wait a little longer for work that is still on its way.
            if isSettled, drive(world, until: world.scheduler.now + 30_000, { false }), isAtRest(world) { break }
        }
        guard world.violation == nil else { return }
        world.checkEnd()
    }

    private static func isAtRest(_ world: World) -> Bool {
        world.disk.jobs.allSatisfy(\.state.isTerminal) && (!world.options.reconciles || world.isSwept)
    }

    /// Runs the world until `moment`. Returns false if `isOver` returned true or a rule was broken before that.
    static func drive(_ world: World, until moment: Int64, _ isOver: () -> Bool) -> Bool {
        var (last, steps) = (world.scheduler.now, 0)
        while world.violation == nil, !isOver() {
            guard world.scheduler.step(until: moment) else {
                world.scheduler.pass(to: moment)
                return true
            }
            steps = world.scheduler.now == last ? steps + 1 : 0
            last = world.scheduler.now
            if steps > mostStepsAMoment { world.violate("something turns without pause at \(last) ms") }
        }
        return false
    }

    static func outcome(_ world: World) -> Outcome {
        let counts = world.counts
        return Outcome(
            seed: world.options.seed, violation: world.violation, virtualMilliseconds: world.scheduler.now,
            jobs: world.disk.jobs.count, events: world.disk.ledger.count, calls: counts.calls, crashes: counts.crashes,
            pauses: counts.pauses, checks: counts.checks, faults: counts.faults, digest: world.digest,
            trace: world.trace)
    }
}

/// Disturbs whole machines and the cloud: kills and pauses daemons, replaces their programs, sets clocks, takes the
/// database down, removes machines and adds orphans.
final class Tormentor: Sendable {
    private let world: World
    private let isOver = Locked(false)

    init(world: World) {
        self.world = world
    }

    func start(until end: Int64) {
        plan(until: end)
    }

    func stop() {
        isOver.withLock { $0 = true }
        world.isStoreDown = false
        for daemon in world.daemons where daemon.isAlive { daemon.lane.isHeld = false }
    }

    private func plan(until end: Int64) {
        let pause = 2000 + Int64(world.random.next() % 60_000)
        guard world.scheduler.now + pause < end else { return }
        world.scheduler.after(pause) {
            guard !self.isOver.withLock({ $0 }) else { return }
            self.strike()
            self.plan(until: end)
        }
    }

    private func strike() {
        let random = world.random
        let daemons = world.daemons
        let daemon = daemons[Int(random.next() % UInt64(daemons.count))]
        if world.options.upgrade != nil, random.next() % 3 == 0 {
            return world.replaceProgram(of: daemon, byNew: random.next() % 4 != 0)
        }
        switch random.next() % (world.options.reconciles ? 7 : 5) {
        case 5:
            // The sweep does not touch more than a few orphans at once without an operator's command, and there is no
            // operator here.
            guard world.cloud.machines.count(where: { $0.server.name.hasPrefix("aura-orphan") }) < 3 else { return }
            world.note("an orphan appears")
            world.cloud.plant(labels: [
                "managed-by": "aura", "aura-installation": ModelStore(disk: world.disk).installation,
            ])
        case 6:
            let machines = world.cloud.machines
            guard !machines.isEmpty else { return }
            let gone = machines[Int(random.next() % UInt64(machines.count))].server
            world.note("machine \(gone.name) vanishes")
            world.cloud.vanish(gone.id)
        case 0: daemon.crash()
        case 1, 2: world.pause(daemon, for: 500 + Int64(random.next() % 90_000))
        case 3:
            let jump = Int64(random.next() % 7_200_000) - 3_600_000
            world.note("the clock of d\(daemon.number) is set by \(jump) ms")
            daemon.machine.jump(by: jump)
        default:
            world.note("the database is away")
            world.isStoreDown = true
            world.scheduler.after(500 + Int64(random.next() % 40_000)) { self.world.isStoreDown = false }
        }
    }
}
