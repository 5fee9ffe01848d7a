public import AuraModel
import GRDB
import JSON
public import Storage

/// Concurrency slots, provider calls, the clock and singleton leases.
extension SQLiteStore {
    public func takeSlot(_ request: SlotRequest) async throws(StorageError) -> Bool {
        try await writer.write { database, _ in
            let (job, epoch) = (request.held.job.text, request.held.epoch)
            let isFree = try Self.choice(request, database)
            let update = try database.cachedStatement(
                sql: "UPDATE job SET place = ? WHERE id = ? AND epoch = ? AND lease_owner IS NOT NULL")
            try update.execute(arguments: [isFree ? request.slot : nil, job, epoch])
            guard database.changesCount == 1 else {
                throw StorageError(.fenced, "job \(job) belongs to another worker now")
            }
            return isFree
        }
    }

    private static func choice(_ request: SlotRequest, _ database: Database) throws -> Bool {
        let job = request.held.job.text
        let party = { (row: Row) in SlotChoice.Party(job: JobID(row["id"]), tenant: TenantID(row["tenant"])) }
        let holders = try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT id, tenant FROM job WHERE place = ? AND lease_owner IS NOT NULL AND id <> ?"),
            arguments: [request.slot, job]
        ).map(party)
        guard let reason = request.waitingFor,
            let asking = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT id, tenant FROM job WHERE id = ?"), arguments: [job])
        else { return holders.count < request.limit }
        let waiting = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT id, tenant FROM job
                    WHERE finished_at IS NULL AND state <> 'queued' AND kind <> 'destroy' AND waiting_for = ?
                        AND place IS NULL AND blocked_by IS NULL AND id <> ? AND available_at > ?
                    """),
            arguments: [reason, job, request.oldestWaiting.milliseconds]
        ).map(party)
        return SlotChoice(limit: request.limit, holders: holders, waiting: waiting).admits(party(asking))
    }

    public func takeCalls(_ request: CallRequest) async throws(StorageError) -> CallGrant {
        try await writer.write { database, _ in
            let select = try database.cachedStatement(sql: "SELECT document FROM bucket WHERE name = ?")
            let present = try String.fetchOne(select, arguments: [request.bucket])
                .map { try JSONCoder.decode(CallBucket.self, from: $0) }
            let (bucket, grant) = request.apply(to: present)
            let write = try database.cachedStatement(
                sql: """
                    INSERT INTO bucket (name, document) VALUES (?, ?)
                    ON CONFLICT (name) DO UPDATE SET document = excluded.document
                    """)
            try write.execute(arguments: [request.bucket, try JSONCoder.encodeString(bucket)])
            return grant
        }
    }

    public func clock() async throws(StorageError) -> Timestamp? { nil }

    public func takeSingletonLease(_ request: SingletonLeaseRequest) async throws(StorageError) -> Bool {
        try await writer.write { database, _ in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO duty (name, owner, until) VALUES (?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
                        WHERE owner = excluded.owner OR until <= ?
                    """)
            let until = request.now + request.duration
            try statement.execute(arguments: [
                request.name, request.owner, until.milliseconds, request.now.milliseconds,
            ])
            return database.changesCount == 1
        }
    }
}
