import AuraModel
import DriverKit
import Locking
import TestKit

/// What became of one seed.
public struct Outcome: Sendable {
    public var seed: UInt64
    /// The first rule that was broken; none where all held.
    public var violation: String?
    public var virtualMilliseconds: Int64
    public var jobs: Int
    public var events: Int
    public var calls: Int
    public var crashes: Int
    public var pauses: Int
    public var checks: Int
    public var faults: [String: Int]
    /// Of the whole trace.
    public var digest: UInt64
    /// All of it where it was kept, else its end.
    public var trace: [String]
}

/// Runs worlds.
public enum Simulation {
    /// How long faults last, in virtual milliseconds.
    private static let troubledSpan: Int64 = 600_000
    /// Pieces of work within one millisecond, beyond which something turns in a circle.
    private static let mostStepsAMoment = 100_000
    /// How long everything may take to come to rest afterwards.
    private static let calmSpan: Int64 = 8 * 3_600_000

    /// One world by a seed: daemons and a client, faults for ten minutes, and then peace until all is settled.
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
        _ = drive(world, until: troubledSpan) { false }
        world.note("peace")
        faults.withLock { $0 }?.stop()
        tormentor.stop()
        world.finishUpgrade()
        world.cloud.calmDown()
        settle(world)
        return outcome(world)
    }

    /// Drives until nothing is left to do, and checks the end.
    static func settle(_ world: World) {
        let end = world.scheduler.now + calmSpan
        while world.violation == nil, world.scheduler.now < end {
            let isSettled = drive(world, until: world.scheduler.now + 5000) { false } && isAtRest(world)
            // A moment more for what is still on its way.
            if isSettled, drive(world, until: world.scheduler.now + 30_000, { false }), isAtRest(world) { break }
        }
        guard world.violation == nil else { return }
        world.checkEnd()
    }

    private static func isAtRest(_ world: World) -> Bool {
        world.disk.jobs.allSatisfy(\.state.isTerminal) && (!world.options.reconciles || world.isSwept)
    }

    /// Steps until the moment, or until `isOver`, or a rule is broken; true at the moment.
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

/// What befalls whole machines: deaths, stand-stills, clocks that are set, a database that is away.
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
            // More than a few at once are not touched without a word from an operator, of whom there is none here.
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
