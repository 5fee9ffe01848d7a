import AuraModel
import JSON
public import Storage

/// Lease extensions, transitions and the takeover of leases.
extension PostgresStore {
    public func extendLeases(_ request: LeaseExtension) async throws(StorageError) -> [LeaseState] {
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

    /// Encodes the document before the transaction, since the writer threads limit the throughput of all jobs.
    public func apply(_ transition: Transition) async throws(StorageError) -> Applied {
        let document = transition.instance.map { $0.document() }
        let failure: String?
        do {
            failure = try transition.job.failure.map(JSONCoder.encodeString)
        } catch {
            throw StorageError(.corrupt, "cannot write the failure of job \(transition.job.id): \(error)")
        }
        return try await writer.apply(transition, document: document, failure: failure)
    }

    /// Ends no lease and returns 0, since other daemons may be alive. The leases of dead daemons expire.
    public func takeOverLeases(owner: String, singletonLeases: [String]) async throws(StorageError) -> Int { 0 }
}
