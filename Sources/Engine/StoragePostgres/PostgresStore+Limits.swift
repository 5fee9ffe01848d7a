public import AuraModel
import JSON
public import Storage

/// Concurrency slots, provider calls, the database's clock and singleton leases.
extension PostgresStore {
    public func takeSlot(_ request: SlotRequest) async throws(StorageError) -> Bool {
        try await writer.write(locks: AdvisoryLocks([AdvisoryLocks.slot(request.slot)])) { connection, _ in
            let job = PostgresValue(request.held.job.text)
            var request = request
            request.now = try self.leaseTime(request.now, connection)
            let isFree = try Self.choice(request, connection)
            let rows = try connection.run(
                "UPDATE job SET place = $1 WHERE id = $2 AND epoch = $3 AND lease_owner IS NOT NULL",
                [PostgresValue(isFree ? request.slot : nil), job, PostgresValue(request.held.epoch)])
            guard rows.changed == 1 else {
                throw StorageError(.fenced, "job \(request.held.job) belongs to another worker now")
            }
            return { _ in isFree }
        }
    }

    private static func choice(_ request: SlotRequest, _ connection: PostgresConnection) throws -> Bool {
        let job = PostgresValue(request.held.job.text)
        func parties(_ condition: String, _ values: [PostgresValue]) throws -> [SlotChoice.Party] {
            try connection.run("SELECT id, tenant FROM job WHERE \(condition)", values).all.map { row in
                SlotChoice.Party(job: JobID(row.text("id") ?? ""), tenant: TenantID(row.text("tenant") ?? ""))
            }
        }
        let holders = try parties(
            "place = $1 AND lease_owner IS NOT NULL AND id <> $2", [PostgresValue(request.slot), job])
        guard let reason = request.waitingFor, let asking = try parties("id = $1", [job]).first else {
            return holders.count < request.limit
        }
        let waiting = try parties(
            """
            finished_at IS NULL AND state <> 'queued' AND kind <> 'destroy' AND waiting_for = $1
                AND place IS NULL AND blocked_by IS NULL AND id <> $2 AND available_at > $3
            """,
            [
                PostgresValue(reason), job,
                PostgresValue(request.oldestWaiting.milliseconds),
            ])
        return SlotChoice(limit: request.limit, holders: holders, waiting: waiting).admits(asking)
    }

    public func takeCalls(_ request: CallRequest) async throws(StorageError) -> CallGrant {
        try await writer.write(locks: AdvisoryLocks([AdvisoryLocks.bucket(request.bucket)])) { connection, _ in
            var request = request
            request.now = try self.leaseTime(request.now, connection)
            let present = try connection.run(
                "SELECT document FROM bucket WHERE name = $1", [PostgresValue(request.bucket)]
            ).first?.text("document").map { try JSONCoder.decode(CallBucket.self, from: $0) }
            let (bucket, grant) = request.apply(to: present)
            try connection.run(
                """
                INSERT INTO bucket (name, document) VALUES ($1, $2)
                ON CONFLICT (name) DO UPDATE SET document = excluded.document
                """, [PostgresValue(request.bucket), PostgresValue(try JSONCoder.encodeString(bucket))])
            return { _ in grant }
        }
    }

    public func clock() async throws(StorageError) -> Timestamp? {
        guard leaseClock == .database else { return nil }
        return try await read { connection in
            try connection.run("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now")
                .first?.moment("now")
        }
    }

    public func takeSingletonLease(_ request: SingletonLeaseRequest) async throws(StorageError) -> Bool {
        try await writer.write { connection, _ in
            let now = try self.leaseTime(request.now, connection)
            let rows = try connection.run(
                """
                INSERT INTO duty (name, owner, until) VALUES ($1, $2, $3)
                ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
                    WHERE duty.owner = excluded.owner OR duty.until <= $4
                """,
                [
                    PostgresValue(request.name), PostgresValue(request.owner), PostgresValue(now + request.duration),
                    PostgresValue(now),
                ])
            let isTaken = rows.changed == 1
            return { _ in isTaken }
        }
    }
}
