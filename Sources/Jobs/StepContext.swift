public import AuraModel
public import JSON
import Locking
public import Storage

/// What a step sees and may write while it runs.
///
/// Everything it writes is durable when the call returns, and is refused (by an error that ends the step) once the job
/// belongs to another worker.
public final class StepContext: Sendable {
    public let step: StepPlan
    public let time: any TimeSource
    public let random: any RandomSource
    let index: Int
    private let run: JobRun
    private static let instancePage = 500

    init(run: JobRun, index: Int) {
        self.run = run
        self.index = index
        self.step = run.definition.plan.steps[index]
        self.time = run.environment.time
        self.random = run.environment.random
    }

    public var job: Job { run.machine.withLock { $0.job } }
    public var instance: Instance { run.machine.withLock { $0.instance } }

    /// What this step wrote down, or none where it wrote nothing yet.
    public func memory<Memory: Decodable>(_: Memory.Type = Memory.self) throws -> Memory? {
        try Self.decode(run.machine.withLock { $0.steps[index]?.memory })
    }

    /// What another step of the job wrote down.
    public func memory<Memory: Decodable>(_: Memory.Type = Memory.self, of step: String) throws -> Memory? {
        try Self.decode(
            run.machine.withLock { machine in machine.steps.values.first { $0.name == step }?.memory })
    }

    /// The id of what this step made in the outside world.
    public var externalID: String? { run.machine.withLock { $0.steps[index]?.externalID } }

    /// The id of what another step of the job made in the outside world.
    public func externalID(of step: String) -> String? {
        run.machine.withLock { machine in machine.steps.values.first { $0.name == step }?.externalID }
    }

    /// How long until the step counts as failed.
    public var remaining: Duration {
        let deadline = run.machine.withLock { $0.steps[index]?.deadline }
        return deadline.map { max($0 - time.now(), .zero) } ?? step.timeLimit
    }

    /// Returns an instance that is not destroyed, is not the job's own, and for which `matches` is true; otherwise `nil`.
    ///
    /// Reads all such instances from the store, 500 at a time. Throws a transient ``Failure`` if one of them cannot be read and none
    /// of the others matches: nobody knows then.
    public func otherInstance(where matches: (Instance) -> Bool) async throws -> Instance? {
        let own = instance.id
        var last: InstanceID?
        var page: Page<Instance>
        var unreadable: UnreadableRow?
        repeat {
            page = try await run.environment.store.instances(InstanceQuery(after: last, limit: Self.instancePage))
            last = page.last
            unreadable = unreadable ?? page.unreadable.first
            if let found = page.rows.first(where: { $0.id != own && matches($0) }) { return found }
        } while page.count == Self.instancePage
        if let unreadable { throw Failure(.transient, code: "unreadableRow", message: unreadable.reason) }
        return nil
    }

    /// Throws `fenced` where the job may be another worker's by now, so that nothing outside may be touched for it.
    public func checkLease() throws(StorageError) {
        try run.checkLeaseForOutsideCall()
    }

    /// Writes the step's memory, the outside id, and what it learnt of the instance, in one transaction.
    public func checkpoint(
        _ memory: (any Encodable & Sendable)? = nil, externalID: String? = nil,
        instance update: (@Sendable (inout Instance) -> Void)? = nil
    ) async throws {
        let encoded = try memory.map { try JSONValueEncoder().encode($0) }
        let now = time.now()
        try await run.write { machine in
            machine.checkpoint(self.index, now: now) { record, instance in
                if let encoded { record.memory = encoded }
                if let externalID { record.externalID = externalID }
                update?(&instance)
            }
        }
    }

    /// Runs `body` at one of the places that a limited driver has, or returns none at once where all are taken.
    ///
    /// The limit holds across all daemons of the database; a place whose worker died is free once its lease is over.
    ///
    /// - Parameter waitingFor: the reason of the ``StepOutcome/wait(_:reason:)`` that the step returns when there is no place. The
    ///   jobs that carry it are served in order: tenants in turns, within a tenant the oldest job first.
    public func use<Value: Sendable>(
        place: String, limit: Int, waitingFor: String? = nil, _ body: () async throws -> Value
    ) async throws -> Value? {
        try await run.use(place: place, limit: limit, waitingFor: waitingFor, body)
    }

    /// Tells subscribers how it goes. `fraction` is 0 to 1 of this step.
    public func report(
        _ message: String, type: EventType = .stepProgress, fraction: Double? = nil, data: JSONValue? = nil
    ) async throws {
        let now = time.now()
        try await run.write { machine in
            machine.report(type, step: self.index, message: message, fraction: fraction, data: data, now: now)
        }
    }

    /// From here on the step's drivers call ``noteChange()`` before each change that they send. A step that ends for good
    /// without one has nothing to undo.
    public func trackChanges() {
        run.machine.withLock { $0.trackChanges(of: index) }
    }

    /// A change of the outside world is about to be sent.
    public func noteChange() {
        run.machine.withLock { $0.noteChange(of: index) }
    }

    private static func decode<Memory: Decodable>(_ memory: JSONValue?) throws -> Memory? {
        guard let memory, memory != .null, memory != StepRecord.unsentMark else { return nil }
        return try JSONValueDecoder().decode(Memory.self, from: memory)
    }
}
