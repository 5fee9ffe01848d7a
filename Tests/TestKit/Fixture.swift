public import AuraModel
import JSON

/// Rows for tests of pure decisions.
public enum Fixture {
    public static let now = Timestamp(milliseconds: 1_795_176_000_000)

    public static func instance(phase: Phase, name: String = "ada") -> Instance {
        var instance = Instance(
            of: .test, id: InstanceID("01a1fbc6-5349-7ee0-a04c-b3ba082a389e"), tenant: Tenant.default, name: name,
            region: "eu-central", size: "small", change: ChangeID("change-1"), createdAt: now)
        instance.phase = phase
        return instance
    }

    public static func job(_ kind: JobKind, of instance: Instance) -> Job {
        Job(
            id: JobID("job-\(kind.rawValue)"), kind: kind, instance: instance.id, instanceKind: instance.kind,
            tenant: instance.tenant, change: instance.change, definitionVersion: 1, input: .null, createdAt: now,
            deadline: now + .seconds(60))
    }
}
