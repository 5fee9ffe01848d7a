import Agents
import AuraModel
import JSON
import Jobs
import Locking
import Storage
import TestKit

/// A client that provisions, suspends, resumes, restarts, destroys, cancels and retries through any running daemon. It
/// repeats calls that fail.
final class Client: Sendable {
    private let world: World
    private let random: SeededRandom
    private let lane: Lane
    private let names = Locked<[String]>([])
    private let jobs = Locked<[JobID]>([])
    private let asked = Locked(0)

    init(world: World) {
        self.world = world
        random = SeededRandom(seed: world.random.next())
        lane = world.scheduler.lane()
    }

    /// Sends `requests` requests at random times within `span` milliseconds.
    func start(requests: Int, over span: Int64) {
        for _ in 0..<requests {
            world.scheduler.after(Int64(random.next() % UInt64(span))) {
                _ = Task(executorPreference: self.lane) { await self.askForSomething() }
            }
        }
    }

    /// Requests one operation on the only instance.
    func ask(_ kind: JobKind) {
        _ = Task(executorPreference: lane) {
            if kind == .provision { await self.provision() } else { await self.operate(kind, "i1") }
        }
    }

    private func askForSomething() async {
        let choice = random.next() % 10
        let present = names.withLock { $0 }
        if choice < 4 || present.isEmpty { return await provision() }
        let name = present[Int(random.next() % UInt64(present.count))]
        switch choice {
        case 4: await operate(.suspend, name)
        case 5: await operate(.resume, name)
        case 6: await operate(.restart, name)
        case 7, 8: await operate(.destroy, name)
        default: await cancelOrRetry()
        }
    }

    private func number() -> Int {
        asked.withLock { asked in
            asked += 1
            return asked
        }
    }

    func provision() async {
        let number = number()
        let name = "i\(number)"
        names.withLock { $0.append(name) }
        await repeating(number) { daemon, store, key in
            guard let identifiers = daemon.identifiers, let now = daemon.time?.now() else { return }
            let instance = Instance(
                of: Agents.kind, id: identifiers.next(), tenant: Tenant.default, name: name, region: "eu-central",
                size: "small",
                change: ChangeID("c\(number)"), createdAt: now)
            var submission = Submission(
                target: .new(instance), job: Self.job(.provision, identifiers, now, store), idempotency: key, now: now
            ) { instance, _ in .accept(instance) }
            submission.audit = .of(submission.job)
            self.remember(try await store.submit(submission), daemon)
        }
    }

    func operate(_ kind: JobKind, _ name: String) async {
        await repeating(number()) { daemon, store, key in
            guard let identifiers = daemon.identifiers, let now = daemon.time?.now() else { return }
            var submission = Submission(
                target: .existing(.name(name, tenant: Tenant.default), tenant: Tenant.default),
                job: Self.job(kind, identifiers, now, store), idempotency: key, now: now,
                admit: daemon.operations.admission(of: kind))
            submission.audit = .of(submission.job)
            self.remember(try await store.submit(submission), daemon)
        }
    }

    private func cancelOrRetry() async {
        let known = jobs.withLock { $0 }
        guard !known.isEmpty else { return }
        let job = known[Int(random.next() % UInt64(known.count))]
        let cancels = random.next() % 3 != 0
        await repeating(number()) { daemon, store, _ in
            guard let now = daemon.time?.now() else { return }
            if cancels {
                _ = try await store.requestCancellation(CancellationRequest(job: job, now: now))
                daemon.engine?.noteCancellation(of: job)
            } else {
                _ = try await store.makeDueNow(MakeDueNowRequest(job: job, now: now))
                daemon.engine?.wake()
            }
        }
    }

    /// A job under the newest version that the daemon behind `store` has.
    private static func job(
        _ kind: JobKind, _ identifiers: IdentifierSource, _ now: Timestamp, _ store: SimStore
    ) -> NewJob {
        let version = store.catalogue.withLock { $0.definition(for: kind, of: .agent)?.plan.version }
        return NewJob(
            id: identifiers.next(), kind: kind, change: ChangeID("change"), definitionVersion: version ?? 0,
            input: .null,
            deadline: now + .seconds(kind == .destroy ? 24 * 3600 : 3600))
    }

    private func remember(_ submitted: Submitted, _ daemon: SimDaemon) {
        jobs.withLock { jobs in if !jobs.contains(submitted.job.id) { jobs.append(submitted.job.id) } }
        daemon.engine?.wake()
    }

    /// Repeats a call with the same idempotency key until a daemon replies.
    private func repeating(
        _ number: Int, _ body: @escaping @Sendable (SimDaemon, SimStore, Idempotency) async throws -> Void
    ) async {
        let key = Idempotency(scope: "client", key: "k\(number)", request: "request \(number)")
        await world.repeating(random) { daemon, store in try await body(daemon, store, key) }
    }
}

extension World {
    /// Repeats a call until a daemon replies, at most 200 times. Ends without a retry if the store refuses the call with
    /// an error other than `unavailable` and `cancelled`.
    func repeating(
        _ random: SeededRandom, _ body: @escaping @Sendable (SimDaemon, SimStore) async throws -> Void
    ) async {
        for _ in 0..<200 {
            let running = daemons.filter(\.isRunning)
            if let daemon = running.isEmpty ? nil : running[Int(random.next() % UInt64(running.count))],
                let store = daemon.store
            {
                do {
                    return try await body(daemon, store)
                } catch let error as StorageError where error.code != .unavailable && error.code != .cancelled {
                    return
                } catch {}
            }
            try? await scheduler.sleep(Int64(500 + random.next() % 3000))
        }
    }
}

extension AuditDraft {
    /// The entry of the audit for a job's submission.
    fileprivate static func of(_ job: NewJob) -> AuditDraft {
        AuditDraft(
            at: job.deadline, principal: PrincipalID("client"), proof: "peer", peer: "client",
            method: job.kind.rawValue,
            parameters: ["job": .string(job.id.text)], salt: Array(repeating: 0, count: saltBytes))
    }
}
