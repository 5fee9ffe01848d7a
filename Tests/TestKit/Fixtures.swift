public import AuraModel
public import JSON
public import Storage

/// Instances, operations and claims for tests. Ids count up, so they sort in order of creation.
public enum Fixtures {
    /// Returns an id such as `00000000-0000-7000-8000-000000000007`.
    public static func id<Noun>(_ number: Int, _: Noun.Type = Noun.self) -> Identifier<Noun> {
        let digits = String(number)
        return Identifier("00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)
    }

    public static func instance(
        _ number: Int = 1, of kind: InstanceKindDefinition = .test, name: String? = nil,
        tenant: TenantID = Tenant.default, at: Timestamp
    ) -> Instance {
        Instance(
            of: kind, id: id(number), tenant: tenant, name: name ?? "ada-\(number)", region: "eu-central",
            size: "small",
            change: ChangeID("change-\(number)"), createdAt: at)
    }

    public static func job(
        _ number: Int = 1, _ kind: JobKind = .provision, change: ChangeID? = nil, input: JSONValue = ["size": "small"],
        at: Timestamp
    ) -> NewJob {
        NewJob(
            id: id(number), kind: kind, change: change ?? ChangeID("change-\(number)"), definitionVersion: 1,
            input: input, deadline: at + .seconds(3600))
    }

    /// A provision of a new instance. Job and instance have the same number.
    public static func provision(
        _ number: Int = 1, name: String? = nil, tenant: TenantID = Tenant.default, in scope: TenantScope = .all,
        key: Idempotency? = nil, at: Timestamp
    ) -> Submission {
        Submission(
            target: .new(instance(number, name: name, tenant: tenant, at: at)), in: scope, job: job(number, at: at),
            idempotency: key, now: at, admit: { instance, _ in .accept(instance) })
    }

    /// An operation on an existing instance, which `admit` accepts by default.
    public static func operation(
        _ number: Int, _ kind: JobKind, on reference: InstanceReference, tenant: TenantID = Tenant.default,
        in scope: TenantScope = .all, key: Idempotency? = nil, at: Timestamp,
        admit: @escaping @Sendable (Instance, [Job]) throws(StorageError) -> Admission = { instance, _ in
            .accept(instance)
        }
    ) -> Submission {
        Submission(
            target: .existing(reference, tenant: tenant), in: scope, job: job(number, kind, at: at), idempotency: key,
            now: at, admit: admit)
    }

    /// A destroy that supersedes the active job, if there is one.
    public static func destroy(_ number: Int, on reference: InstanceReference, at: Timestamp) -> Submission {
        operation(number, .destroy, on: reference, at: at) { instance, active in
            var wanted = instance
            wanted.desired = .destroyed
            return active.isEmpty ? .accept(wanted) : .supersede(wanted)
        }
    }

    public static func event(_ type: EventType, of job: Job, at: Timestamp, _ message: String = "said") -> EventDraft {
        var draft = EventDraft(at: at, type: type, tenant: job.tenant, message: message)
        draft.instance = job.instance
        draft.job = job.id
        draft.change = job.change
        return draft
    }

    /// A new job after a worker has claimed it; no step has begun.
    public static func claim(_ kind: JobKind = .provision, deadline: Duration = .seconds(3600), at: Timestamp) -> Claim
    {
        let instance = instance(at: at)
        var job = Job(
            id: id(1), kind: kind, instance: instance.id, instanceKind: instance.kind, tenant: instance.tenant,
            change: ChangeID("change-1"), definitionVersion: 1, input: .null, createdAt: at, deadline: at + deadline)
        job.state = .running
        job.epoch = 1
        return Claim(job: job, instance: instance, steps: [])
    }
}
