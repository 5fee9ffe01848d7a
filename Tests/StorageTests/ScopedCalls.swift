import AuraModel
import Foundation
import JSON
import Storage
import TestKit
import Testing

/// A call of one method of the store for one object, in a scope that the caller chooses.
struct ScopedCall: Sendable {
    /// The method, as its role declares it.
    var method: String
    /// Makes the call for the object with this number, which has this tenant. Returns a text of the result without ids.
    var run:
        @Sendable (_ store: any Store, _ object: Int, _ tenant: TenantID, _ scope: TenantScope) async throws
            -> String

    /// The result, or the error with its text and its job.
    func outcome(_ store: any Store, _ object: Int, _ tenant: TenantID, in scope: TenantScope) async throws -> String {
        do {
            return try await run(store, object, tenant, scope)
        } catch let error as StorageError {
            return "\(error.code): \(error.message) \(error.job?.text ?? "")"
        }
    }
}

// MARK: - The calls

extension ScopedCall {
    /// One call for each way in which a method can name an object of a tenant. Reads are first.
    static let all = reads + lists + events + others + writes

    private static func name(_ object: Int) -> String { "ada-\(object)" }

    private static func text(_ job: Job) -> String {
        "\(job.kind) \(job.state) \(job.cancellation.map { "\($0)" } ?? "") \(job.availableAt)"
    }

    private static func text(_ instance: Instance?) -> String { instance.map { "\($0.phase)" } ?? "none" }

    private static func text(_ instances: Page<Instance>) -> String {
        "\(instances.count) \(instances.rows.map { "\($0.phase)" })"
    }

    private static func text(_ jobs: Page<Job>) -> String { "\(jobs.count) \(jobs.rows.map { text($0) })" }

    private static let reads = [
        ScopedCall(method: "instance(_:in:)") { store, object, _, scope in
            text(try await store.instance(.id(Fixtures.id(object)), in: scope))
        },
        ScopedCall(method: "instance(_:in:)") { store, object, tenant, scope in
            text(try await store.instance(.name(name(object), tenant: tenant), in: scope))
        },
        ScopedCall(method: "activity(of:in:)") { store, object, _, scope in
            try await store.activity(of: .id(Fixtures.id(object)), in: scope).map { text($0.jobs) } ?? "none"
        },
        ScopedCall(method: "activity(of:in:)") { store, object, tenant, scope in
            let reference = InstanceReference.name(name(object), tenant: tenant)
            return try await store.activity(of: reference, in: scope).map { text($0.jobs) } ?? "none"
        },
        ScopedCall(method: "activityAtOnce(of:in:)") { store, object, _, scope in
            guard case .read(let found) = try store.activityAtOnce(of: .id(Fixtures.id(object)), in: scope) else {
                return try await store.activity(of: .id(Fixtures.id(object)), in: scope).map { text($0.jobs) } ?? "none"
            }
            return found.map { text($0.jobs) } ?? "none"
        },
        ScopedCall(method: "job(_:in:)") { store, object, _, scope in
            try await store.job(Fixtures.id(object), in: scope).map { text($0) } ?? "none"
        },
        ScopedCall(method: "steps(of:in:)") { store, object, _, scope in
            try await store.steps(of: Fixtures.id(object), in: scope).map(\.name).joined(separator: " ")
        },
    ]

    private static let lists = [
        ScopedCall(method: "instances(_:)") { store, object, _, scope in
            text(try await store.instances(InstanceQuery(scope: scope, instance: Fixtures.id(object))))
        },
        ScopedCall(method: "instances(_:)") { store, _, tenant, scope in
            text(try await store.instances(InstanceQuery(scope: scope, tenant: tenant)))
        },
        ScopedCall(method: "snapshot(_:)") { store, object, _, scope in
            text(try await store.snapshot(InstanceQuery(scope: scope, instance: Fixtures.id(object))).instances)
        },
        ScopedCall(method: "snapshot(_:)") { store, _, tenant, scope in
            text(try await store.snapshot(InstanceQuery(scope: scope, tenant: tenant)).instances)
        },
        ScopedCall(method: "jobs(_:)") { store, object, _, scope in
            text(try await store.jobs(JobQuery(scope: scope, instance: Fixtures.id(object))))
        },
        ScopedCall(method: "jobs(_:)") { store, _, tenant, scope in
            text(try await store.jobs(JobQuery(scope: scope, tenant: tenant)))
        },
        ScopedCall(method: "jobs(_:)") { store, object, _, scope in
            text(try await store.jobs(JobQuery(scope: scope, change: ChangeID("change-\(object)"))))
        },
    ]

    private static let events = [
        filtered { object, _, scope in EventFilter(scope: scope, instance: Fixtures.id(object)) },
        filtered { object, _, scope in EventFilter(scope: scope, job: Fixtures.id(object)) },
        filtered { _, tenant, scope in EventFilter(scope: scope, tenant: tenant) },
        filtered { object, _, scope in EventFilter(scope: scope, change: ChangeID("change-\(object)")) },
    ]

    private static func filtered(
        _ filter: @escaping @Sendable (Int, TenantID, TenantScope) -> EventFilter
    ) -> ScopedCall {
        ScopedCall(method: "events(_:)") { store, object, tenant, scope in
            let query = EventQuery(filter: filter(object, tenant, scope), after: 0, limit: 1000)
            return try await store.events(query).map { "\($0.entry.type)" }.joined(separator: " ")
        }
    }

    private static let others = [
        ScopedCall(method: "secrets(_:)") { store, _, tenant, scope in
            let page = try await store.secrets(SecretQuery(scope: scope.intersection(.only([tenant]))))
            return page.rows.map(\.reference.name).joined(separator: " ")
        },
        ScopedCall(method: "record(_:in:)") { store, object, _, scope in
            try await store.record(RecordID("test", name(object)), in: scope).map { "\($0.version)" } ?? "none"
        },
        ScopedCall(method: "records(_:)") { store, _, tenant, scope in
            let page = try await store.records(RecordQuery("test", scope: scope.intersection(.only([tenant]))))
            return "\(page.count)"
        },
        ScopedCall(method: "records(_:)") { store, object, _, scope in
            "\(try await store.records(RecordQuery("test", scope: scope, parent: name(object))).count)"
        },
        ScopedCall(method: "audit(_:)") { store, object, _, scope in
            let page = try await store.audit(AuditQuery(scope: scope, principal: PrincipalID("caller-\(object)")))
            return "\(page.entries.count)"
        },
    ]

    private static let writes = [
        ScopedCall(method: "write(_:)") { store, object, tenant, scope in
            let contents = RecordContents(RecordID("test", name(object)), tenant: tenant, value: "changed")
            return "\(try await store.write(RecordWrite([.replace(contents, version: 1)], in: scope, now: start)))"
        },
        ScopedCall(method: "write(_:)") { store, object, _, scope in
            let deletion = RecordChange.delete(RecordID("test", name(object)), version: 1)
            return "\(try await store.write(RecordWrite([deletion], in: scope, now: start)))"
        },
        ScopedCall(method: "makeDueNow(_:)") { store, object, _, scope in
            let request = MakeDueNowRequest(job: Fixtures.id(object), in: scope, now: start)
            return text(try await store.makeDueNow(request))
        },
        ScopedCall(method: "requestCancellation(_:)") { store, object, _, scope in
            let request = CancellationRequest(job: Fixtures.id(object), in: scope, now: start)
            return text(try await store.requestCancellation(request))
        },
        ScopedCall(method: "submit(_:)") { store, object, tenant, scope in
            try await submit(destroy(object, .id(Fixtures.id(object)), tenant, scope), to: store)
        },
        ScopedCall(method: "submit(_:)") { store, object, tenant, scope in
            try await submit(destroy(object, .name(name(object), tenant: tenant), tenant, scope), to: store)
        },
        // The caller names its own tenant and the id of an instance of any tenant.
        ScopedCall(method: "submit(_:)") { store, object, tenant, scope in
            let named = scope == .all ? tenant : ScopeConformance.own
            return try await submit(destroy(object, .id(Fixtures.id(object)), named, scope), to: store)
        },
        // An idempotency key does not make an object visible.
        ScopedCall(method: "submit(_:)") { store, object, tenant, scope in
            var destroy = destroy(object, .id(Fixtures.id(object)), tenant, scope)
            destroy.idempotency = Idempotency(scope: tenant.text, key: "key", request: "destroy")
            return try await submit(destroy, to: store)
        },
        ScopedCall(method: "submit(_:)") { store, object, tenant, scope in
            let provision = Fixtures.provision(object + 10_000, tenant: tenant, in: scope, at: start)
            return try await submit(provision, to: store)
        },
    ]

    private static func destroy(
        _ object: Int, _ reference: InstanceReference, _ tenant: TenantID, _ scope: TenantScope
    ) -> Submission {
        Fixtures.operation(object + 20_000, .destroy, on: reference, tenant: tenant, in: scope, at: start) {
            instance, _ in .supersede(instance)
        }
    }

    private static func submit(_ submission: Submission, to store: any Store) async throws -> String {
        let submitted = try await store.submit(submission)
        return "\(submitted.job.kind) \(submitted.instance.phase) \(submitted.isRepetition)"
    }
}

// MARK: - The methods of the store

/// The methods of the store that need no scope, and the reason.
enum UnscopedMethods {
    static let reasons = [
        "claim(_:)": "a worker runs the jobs of all tenants",
        "extendLeases(_:)": "a worker names jobs by its own leases",
        "apply(_:)": "a worker names a job by its own lease",
        "nextDue(_:)": "a worker runs the jobs of all tenants",
        "observations()": "a sweep covers all tenants",
        "recordSweep(_:)": "a sweep covers all tenants",
        "checkIdentity()": "about the database",
        "bounds()": "about the whole ledger",
        "prune(_:)": "retention covers all tenants",
        "observe(_:)": "the feed has the events of all tenants; each subscription has its own scope",
        "proveWritable()": "about the database",
        "clock()": "about the database",
        "takeSlot(_:)": "a worker names a job by its own lease",
        "takeSingletonLease(_:)": "about daemons",
        "takeCalls(_:)": "about providers",
        "takeOverLeases(owner:singletonLeases:)": "about daemons",
        "identities()": "each daemon holds the identities of all tenants in memory",
        "identityChanges()": "about the identities of all tenants",
        "write(_:audit:)": "its methods compare the caller's tenants with those in memory",
        "secret(_:)": "names one tenant, which the vault compares with the caller's",
        "secretVersion(_:version:)": "names one tenant, which the vault compares with the caller's",
        "putSecret(_:)": "names one tenant, which the vault compares with the caller's",
        "deleteSecret(_:audit:)": "names one tenant, which the vault compares with the caller's",
        "versionsToRewrap(keyID:after:limit:)": "a rotation covers all tenants",
        "rewrap(_:)": "a rotation covers all tenants",
        "versionCounts()": "a rotation covers all tenants",
        "canary(keyID:)": "about the keys of the installation",
        "putCanary(_:)": "about the keys of the installation",
        "dueRecords(of:at:limit:)": "a worker settles the records of all tenants",
        "nextDue(of:)": "a worker settles the records of all tenants",
        "appendAudit(_:)": "the daemon writes entries about all tenants",
        "appendAudit(_:after:unless:)": "the daemon covers the events of all tenants",
        "auditBounds()": "about the whole chain",
        "eraseAudit(_:audit:)": "an administrator of all tenants erases",
        "pruneAudit(_:)": "retention covers all tenants",
        "putAuditCheckpoint(_:)": "about the whole chain",
        "auditCheckpoints()": "about the whole chain",
    ]

    /// Returns the methods that the roles of ``Store`` require, as their sources declare them.
    static func declared() throws -> Set<String> {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/Engine/Storage")
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let sources = try paths.filter { $0.hasSuffix(".swift") }.map {
            try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8)
        }
        func body(ofProtocol name: String) throws -> Substring {
            let declaration = "public protocol \(name):"
            let source = try #require(sources.first { $0.contains(declaration) }, "no role \(name)")
            let rest = try #require(source.range(of: declaration)).upperBound
            let end = source.range(of: "\n}", range: rest..<source.endIndex)?.lowerBound ?? source.endIndex
            return source[rest..<end]
        }
        let store = try body(ofProtocol: "Store")
        let roles = store[..<(store.firstIndex(of: "{") ?? store.endIndex)].split(separator: ",")
        return Set(
            try roles.flatMap { try methods(in: body(ofProtocol: $0.trimmingCharacters(in: .whitespacesAndNewlines))) })
    }

    private static func methods(in body: Substring) -> [String] {
        body.matches(of: /func (\w+)\(([^)]*)\)/).map { match in
            let labels = match.2.split(separator: ",").map { parameter in
                "\(parameter.trimmingCharacters(in: .whitespacesAndNewlines).prefix { $0 != " " && $0 != ":" }):"
            }
            return "\(match.1)(\(labels.joined()))"
        }
    }
}
