import AuraModel
import JSON
import Jobs
import Locking
import Logging
import ServiceLifecycle
import Storage

/// Engines that share one database, each with its own store, and the measurements.
struct Bench: Sendable {
    let stores: [CountingStore]
    let engines: [JobEngine]
    let watch = LedgerWatch()
    let time = SystemTime()
    /// Whether each submission has an entry of the audit.
    let isAudited: Bool

    static let steps = 5
    /// The kind of the instances. They have no facts.
    static let kind = InstanceKindDefinition(
        .agent, phases: [.queued: [.provisioning], .provisioning: [.running, .failed]], facts: UnknownFacts.self)

    /// - Parameters:
    ///   - bases: the stores, one per daemon.
    ///   - isAudited: whether each submission has an entry of the audit.
    init(stores bases: [any Store], workers: Int, isAudited: Bool) async throws {
        self.isAudited = isAudited
        let steps = (1...Self.steps).map { number in
            Step("nothing.\(number)", phase: .provisioning, timeLimit: .seconds(60), weight: 1) { _ in .done }
        }
        let definition = JobDefinition(
            kind: .provision, of: Self.kind, version: 1, phaseOnSuccess: .running, phaseOnFailure: .failed,
            timeLimit: .seconds(3600),
            steps: steps)
        stores = bases.map { CountingStore($0) }
        engines = stores.enumerated().map { [time] number, store in
            JobEngine(
                store: store, catalogue: JobCatalogue([definition]),
                settings: EngineSettings(owner: "bench-\(number)", workers: workers / bases.count, claimBatch: 64),
                time: time, random: SystemRandom(), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        }
        for (number, (store, engine)) in zip(stores, engines).enumerated() {
            // The first store's follower sees the events of all stores.
            store.observe { [watch] events in
                if number == 0 { watch.take(events) }
                engine.note(events)
            }
        }
    }

    private var applied: Int { stores.reduce(0) { $0 + $1.applied } }

    /// Runs the engines while `body` runs.
    func running<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let group = ServiceGroup(
            configuration: .init(services: engines, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let value = try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return value
        }
    }

    /// Submits jobs from 64 concurrent callers and waits until the last job has ended.
    func throughput(_ count: Int, from first: Int, label: String = "throughput") async throws -> String {
        let (applies, commits) = (applied, watch.commits)
        let begun = time.uptime()
        let done = watch.ended + count
        try await submit(count, from: first)
        try await watch.wait(untilEnded: done)
        let seconds = Self.seconds(time.uptime() - begun)
        let transitions = Double(applied - applies + count)
        return """
            \(label): \(count) jobs of \(Self.steps) steps in \(Self.round(seconds)) s, \
            \(Int(Double(count) / seconds)) jobs/s, \(Int(transitions / seconds)) transitions/s, \
            \(Self.round(transitions / Double(watch.commits - commits))) transitions a commit
            """
    }

    private func submit(_ count: Int, from first: Int) async throws {
        let callers = 64
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for number in stride(from: first + caller, to: first + count, by: callers) {
                        _ = try await stores[number % stores.count].submit(provision(number, now: time.now()))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Measures the time from the submission of a provision to its first step, one job at a time on idle engines.
    func latency(_ count: Int, from first: Int = 1) async throws -> String {
        var waits: [Double] = []
        for number in first..<(first + count) {
            let begun = time.uptime()
            let (started, ended) = (watch.started + 1, watch.ended + 1)
            _ = try await stores[0].submit(provision(number, now: time.now()))
            try await watch.wait(untilStarted: started)
            waits.append(Self.seconds(time.uptime() - begun) * 1000)
            try await watch.wait(untilEnded: ended)
        }
        waits.sort()
        return """
            from provision to its first step, \(count) one after the other: \
            p50 \(Self.round(waits[count / 2])) ms, p99 \(Self.round(waits[count * 99 / 100])) ms, \
            most \(Self.round(waits[count - 1])) ms
            """
    }

    private func provision(_ number: Int, now: Timestamp) -> Submission {
        let id = String(number)
        let text = "00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - id.count) + id
        let instance = Instance(
            of: Self.kind, id: InstanceID(text), tenant: Tenant.default, name: "agent-\(number)", region: "eu-central",
            size: "small",
            change: ChangeID(text), createdAt: now)
        let job = NewJob(
            id: JobID(text), kind: .provision, change: ChangeID(text), definitionVersion: 1, input: .null,
            deadline: now + .seconds(3600))
        var submission = Submission(target: .new(instance), in: .all, job: job, idempotency: nil, now: now) {
            instance, _ in .accept(instance)
        }
        if isAudited { submission.audit = Self.entry(instance, now: now) }
        return submission
    }

    private static func entry(_ instance: Instance, now: Timestamp) -> AuditDraft {
        AuditDraft(
            at: now, principal: PrincipalID("uid:1000"), proof: "peer", peer: "uid 1000 pid 4242", method: "provision",
            tenant: instance.tenant,
            parameters: AuditParameters.stored([
                "name": .string(instance.name), "region": .string(instance.region), "size": .string(instance.size),
            ]), salt: AuditDraft.salt(SystemRandom()))
    }

    /// Verifies the chain of the audit, and measures that.
    func verification() async throws -> String {
        let bounds = try await stores[0].auditBounds()
        let begun = time.uptime()
        var head = bounds.floor
        while head.seq < bounds.head.seq {
            let page = try await stores[0].audit(AuditQuery(scope: .all, after: head.seq, limit: 1000))
            for entry in page.entries.entries {
                let stored = try entry.row()
                guard let content = stored.content, head.append(content) == stored else {
                    throw StorageError(.corrupt, "the audit's entry \(stored.seq) does not follow from the one before")
                }
            }
        }
        let seconds = Self.seconds(time.uptime() - begun)
        return "audit: \(head.seq) entries verified, \(Int(Double(head.seq) / max(seconds, 0.001))) entries/s"
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    static func round(_ number: Double) -> Double { (number * 100).rounded() / 100 }
}
