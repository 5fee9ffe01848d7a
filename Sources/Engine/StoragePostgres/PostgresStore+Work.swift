public import AuraModel
import JSON
public import Storage

/// Lease extensions, transitions, cancellations and retries.
extension PostgresStore {
    public func extendLeases(_ request: LeaseExtension) async throws -> [LeaseState] {
        try await writer.write { connection, _ in
            let until = try self.leaseTime(request.now, connection) + request.lease
            let rows = try connection.run(
                """
                UPDATE job SET lease_until = $1 FROM unnest($2::text[], $3::bigint[]) AS held (id, epoch)
                WHERE job.id = held.id AND job.epoch = held.epoch AND \(Self.isLeased)
                RETURNING job.id, job.epoch, job.cancellation
                """,
                [
                    PostgresValue(until), PostgresValue(array: request.held.map(\.job.text)),
                    PostgresValue(array: request.held.map { String($0.epoch) }),
                ])
            let kept = rows.all.map { row in
                LeaseState(
                    job: JobID(row.text("id") ?? ""), epoch: row.number("epoch") ?? 0,
                    cancellation: row.text("cancellation").flatMap(Cancellation.init(rawValue:)))
            }
            let order = Dictionary(uniqueKeysWithValues: request.held.enumerated().map { ($0.element.job, $0.offset) })
            let states = kept.sorted { order[$0.job, default: 0] < order[$1.job, default: 0] }
            return { _ in states }
        }
    }

    /// The document is encoded before the transaction, since the writer threads limit the throughput of all jobs.
    public func apply(_ transition: Transition) async throws -> Applied {
        let document = try transition.instance.map { try $0.document() }
        let failure = try transition.job.failure.map(JSONCoder.encodeString)
        return try await writer.apply(transition, document: document, failure: failure)
    }

    public func requestCancellation(_ request: CancellationRequest) async throws -> Job {
        try await writer.write { connection, ledger in
            let job = try Self.cancel(request, connection, &ledger)
            return { _ in job }
        }
    }

    private static func cancel(
        _ request: CancellationRequest, _ connection: PostgresConnection, _ ledger: inout Ledger
    ) throws -> Job {
        guard let job = try find(request.job, locking: true, connection) else {
            throw StorageError(.jobNotFound, "no job has the id \(request.job)")
        }
        guard !job.state.isTerminal else {
            throw StorageError(.jobTerminal, "job \(job.id) has already \(job.state.rawValue)")
        }
        guard job.cancellation == nil else { return job }
        let row = try connection.run(
            """
            UPDATE job SET cancellation = 'requested',
                available_at = CASE WHEN lease_owner IS NULL THEN least(available_at, $1) ELSE available_at END
            WHERE id = $2 RETURNING *
            """, [PostgresValue(request.now), PostgresValue(job.id.text)]
        ).first
        var draft = EventDraft(
            at: request.now, type: .jobCancelRequested, tenant: job.tenant,
            message: "\(job.kind.rawValue) is to be cancelled")
        draft.instance = job.instance
        draft.job = job.id
        draft.change = job.change
        ledger.append([draft])
        return try row?.job() ?? job
    }

    public func makeDueNow(_ request: MakeDueNowRequest) async throws -> Job {
        try await writer.write { connection, ledger in
            let job = try Self.makeDueNow(request, connection, &ledger)
            return { _ in job }
        }
    }

    private static func makeDueNow(
        _ request: MakeDueNowRequest, _ connection: PostgresConnection, _ ledger: inout Ledger
    ) throws -> Job {
        guard let job = try find(request.job, locking: true, connection) else {
            throw StorageError(.jobNotFound, "no job has the id \(request.job)")
        }
        guard !job.state.isTerminal else {
            throw StorageError(.jobTerminal, "job \(job.id) has already \(job.state.rawValue)")
        }
        let row = try connection.run(
            """
            UPDATE job SET available_at = $1 WHERE id = $2 AND lease_owner IS NULL AND available_at > $1 RETURNING *
            """, [PostgresValue(request.now), PostgresValue(job.id.text)]
        ).first
        guard let row else { return job }
        ledger.append([.retryRequested(of: job, at: request.now)])
        return try row.job()
    }

    /// Ends no lease and returns 0, since other daemons may be alive. The leases of dead daemons expire.
    public func takeOverLeases(owner: String, singletonLeases: [String]) async throws -> Int { 0 }
}
