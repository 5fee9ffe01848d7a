public import AuraModel
public import JSON
import Locking
public import Storage

/// The data that a running step can read and write.
///
/// Each write is durable when the call returns. If another worker has claimed the job, the write fails with an error
/// that ends the step.
public final class StepContext: Sendable {
    /// The fixed properties of the running step.
    public let step: StepPlan
    /// The clock of the engine.
    public let time: any TimeSource
    /// The randomness of the engine.
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

    /// The job's present row, including changes that are not committed yet.
    public var job: Job { run.machine.withLock { $0.job } }
    /// The instance's present row, including changes that are not committed yet.
    public var instance: Instance { run.machine.withLock { $0.instance } }

    /// Returns the memory that this step stored, or `nil` if it stored none. Throws if the memory does not decode.
    public func memory<Memory: Decodable>(_: Memory.Type = Memory.self) throws -> Memory? {
        try Self.decode(run.machine.withLock { $0.steps[index]?.memory })
    }

    /// Returns the memory that another step of the job stored, or `nil`. Throws if the memory does not decode.
    public func memory<Memory: Decodable>(_: Memory.Type = Memory.self, of step: String) throws -> Memory? {
        try Self.decode(
            run.machine.withLock { machine in machine.steps.values.first { $0.name == step }?.memory })
    }

    /// The provider's id of the resource that this step created.
    public var externalID: String? { run.machine.withLock { $0.steps[index]?.externalID } }

    /// Returns the provider's id of the resource that another step of the job created.
    public func externalID(of step: String) -> String? {
        run.machine.withLock { machine in machine.steps.values.first { $0.name == step }?.externalID }
    }

    /// The time until the deadline of the step or of its undo, at least zero. Ignores the deadline of the job.
    public var remaining: Duration {
        let deadline = run.machine.withLock { $0.steps[index]?.deadline }
        return deadline.map { max($0 - time.now(), .zero) } ?? step.timeLimit
    }

    /// Returns an instance that is not destroyed, is not the job's own, and for which `matches` is true; otherwise
    /// `nil`.
    ///
    /// Reads the instances from the store, 500 at a time, until one matches. Calls `mayMatch` with the rows that cannot
    /// be read. If `mayMatch` returns true for one of them and no readable row matches, the result is unknown: throws a
    /// transient `Failure`.
    public func otherInstance(
        where matches: (Instance) -> Bool, mayMatch: (UnreadableRow) -> Bool
    ) async throws -> Instance? {
        let own = instance.id
        var last: InstanceID?
        var page: Page<Instance>
        var unreadable: UnreadableRow?
        repeat {
            page = try await run.environment.store.instances(
                InstanceQuery(scope: .all, after: last, limit: Self.instancePage))
            last = page.last
            unreadable = unreadable ?? page.unreadable.first(where: mayMatch)
            if let found = page.rows.first(where: { $0.id != own && matches($0) }) { return found }
        } while page.count == Self.instancePage
        if unreadable != nil {
            throw Failure(
                .transient, code: "unreadableRow",
                message: "an instance that this aurad cannot read may own it: see aurad's log for the row")
        }
        return nil
    }

    /// Throws `fenced` if another worker may hold the job. The step must not call a provider then.
    public func checkLease() throws(StorageError) {
        try run.checkLeaseForOutsideCall()
    }

    /// Stores the step's memory, the provider's id and changes of the instance in one transaction. A `nil` parameter
    /// changes nothing.
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

    /// Runs `body` in one concurrency slot of a limited driver. Returns `nil` at once if all slots are in use.
    ///
    /// The limit holds for all daemons that share the database. The slot of a worker that died becomes free when its
    /// lease expires.
    ///
    /// `waitingFor` is the reason of the ``StepOutcome/wait(_:reason:)`` that the step returns if there is no
    /// free slot. Jobs that wait for this reason get slots in a fair order: tenants take turns, and within a tenant
    /// the oldest job comes first.
    public func use<Value: Sendable>(
        slot: String, limit: Int, waitingFor: String? = nil, _ body: () async throws -> Value
    ) async throws -> Value? {
        try await run.use(slot: slot, limit: limit, waitingFor: waitingFor, body)
    }

    /// Writes an event that reports the step's progress to subscribers. `fraction` is 0 to 1 of this step.
    public func report(
        _ message: String, type: EventType = .stepProgress, fraction: Double? = nil, data: JSONValue? = nil
    ) async throws {
        let now = time.now()
        try await run.write { machine in
            machine.report(type, step: self.index, message: message, fraction: fraction, data: data, now: now)
        }
    }

    /// Declares that the step's drivers call ``noteChange()`` before each change that they send. A step that fails for
    /// good without such a call, a memory or a provider's id has nothing to undo.
    public func trackChanges() {
        run.machine.withLock { $0.trackChanges(of: index) }
    }

    /// Records that a change at a provider is about to be sent.
    public func noteChange() {
        run.machine.withLock { $0.noteChange(of: index) }
    }

    private static func decode<Memory: Decodable>(_ memory: JSONValue?) throws -> Memory? {
        guard let memory, memory != .null, memory != StepRecord.unsentMark else { return nil }
        return try JSONValueDecoder().decode(Memory.self, from: memory)
    }
}
