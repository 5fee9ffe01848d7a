import Agents
import AuraModel
import DriverKit
import JSON
import Jobs
import Locking
import Logging
import Reconciliation
import Storage
import TestKit

/// Thrown into the remaining tasks of a daemon that died, so that they have no further effect.
struct Dead: Error {}

/// One life of one daemon: the real engine and the real operations on the simulated world.
final class SimDaemon: Sendable {
    let number: Int
    let boot: String
    let lane: Lane
    let machine: MachineClock
    let build: Build
    private let world: World
    private let isDead = Locked(false)
    private let root = Locked<Task<Void, Never>?>(nil)
    private let parts = Locked<Parts?>(nil)

    private struct Parts: Sendable {
        var engine: JobEngine
        var store: SimStore
        var identifiers: IdentifierSource
        var operations: [Operation]
        var time: SteadyTime
    }

    init(number: Int, life: Int, build: Build, machine: MachineClock, world: World) {
        self.number = number
        self.boot = "d\(number)-\(life)"
        self.build = build
        self.machine = machine
        self.world = world
        lane = world.scheduler.lane()
    }

    var isAlive: Bool { !isDead.withLock { $0 } }
    var isRunning: Bool { isAlive && !lane.isHeld }
    var engine: JobEngine? { parts.withLock { $0?.engine } }
    var store: SimStore? { parts.withLock { $0?.store } }
    var identifiers: IdentifierSource? { parts.withLock { $0?.identifiers } }
    var operations: [Operation] { parts.withLock { $0?.operations ?? [] } }
    var time: SteadyTime? { parts.withLock { $0?.time } }

    func checkAlive() throws {
        if isDead.withLock({ $0 }) { throw Dead() }
    }

    /// Kills the daemon as `kill -9` does. From then on it has no effect on the world.
    func crash() {
        let wasAlive = isDead.withLock { isDead in
            defer { isDead = true }
            return !isDead
        }
        guard wasAlive else { return }
        lane.isHeld = false
        root.withLock { $0 }?.cancel()
        world.didCrash(self)
    }

    func start() {
        let store = SimStore(base: ModelStore(disk: world.disk), daemon: self, world: world)
        store.observe { [world] in world.committed($0) }
        let time = SteadyTime(base: machine)
        let drivers = SimDrivers(cloud: world.cloud, daemon: self, world: world)
        let quiet = Logger(label: "sim") { _ in SwiftLogNoOpLogHandler() }
        let identifiers = IdentifierSource(time: time, random: world.random)
        let services = MachineServices(
            installation: store.installation, compute: drivers, network: drivers, configuration: drivers,
            health: drivers, shell: drivers, credentials: drivers, settings: Self.settings)
        let operations = Agents.operations(services)
        let catalogue = build.catalogue(JobCatalogue(operations))
        world.note(catalogue)
        store.catalogue.withLock { $0 = catalogue }
        let engine = JobEngine(
            store: store, catalogue: Self.placed(catalogue),
            settings: EngineSettings(owner: boot, workers: 16, claimBatch: 8), time: time, random: world.random,
            logger: quiet)
        parts.withLock {
            $0 = Parts(
                engine: engine, store: store, identifiers: identifiers, operations: operations, time: time)
        }
        let keeper = ClockKeeper(clock: time, machine: machine, store: store, logger: quiet)
        let reconciler = Reconciler(
            store: store, sources: Agents.sources(services), settings: ReconcilerSettings(),
            owner: boot, faults: RowFaults(logger: quiet), time: time, logger: quiet)
        root.withLock { root in
            root = Task(executorPreference: lane) {
                [machine, sweeps = world.options.reconciles, keepsClock = world.options.keepsClocks] in
                await Self.live(engine, keeper, reconciler, machine, sweeps: sweeps, keepsClock: keepsClock)
            }
        }
    }

    private static func live(
        _ engine: JobEngine, _ keeper: ClockKeeper, _ reconciler: Reconciler, _ machine: MachineClock, sweeps: Bool,
        keepsClock: Bool
    ) async {
        // A daemon does not start until it has read the database's clock.
        while !Task.isCancelled {
            if (try? await keeper.begin()) != nil { break }
            try? await machine.sleep(for: .milliseconds(200))
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await engine.run() }
            if keepsClock { group.addTask { try? await keeper.keep() } }
            if sweeps { group.addTask { try? await reconciler.keepSweeping() } }
        }
    }

    /// The operations of this daemon's build. Each of their actions runs with ``PresentStep`` set to its step.
    private static func placed(_ catalogue: JobCatalogue) -> JobCatalogue {
        JobCatalogue(catalogue.newest.map(placed), former: catalogue.former.map(placed))
    }

    private static func placed(_ definition: JobDefinition) -> JobDefinition {
        var definition = definition
        for index in definition.steps.indices {
            let (perform, undo) = (definition.steps[index].perform, definition.steps[index].undo)
            definition.steps[index].perform = placed(perform, isUndo: false)
            definition.steps[index].undo = undo.map { placed($0, isUndo: true) }
        }
        return definition
    }

    private static func placed(_ action: @escaping Step.Action, isUndo: Bool) -> Step.Action {
        { context in
            let place = PresentStep.Place(
                job: context.job.id, epoch: context.job.epoch, step: context.step.name, isUndo: isUndo)
            return try await PresentStep.$place.withValue(place) { try await action(context) }
        }
    }

    private static let settings = MachineSettings(
        regions: ["eu-central"], sizes: ["small"], image: "debian-13", agent: AgentSettings(),
        tailnet: TailnetSettings(variables: [:]), health: HealthSettings(port: 18789, usesSSH: true),
        configurationRuns: 2)
}
