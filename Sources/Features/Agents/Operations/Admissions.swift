import AuraModel
import Jobs
import Storage

/// Admission rules that several operations share.
enum Admissions {
    /// Admits `suspend`, `resume` and `restart`: from one of the given phases, with no other job active. A call joins
    /// an active job of the same kind.
    static func power(
        _ kind: JobKind, _ instance: Instance, _ active: [Job], from phases: [Phase], desired: DesiredState
    ) throws(StorageError) -> Admission {
        if let same = active.first(where: { $0.kind == kind }) { return .join(same.id) }
        if let other = active.first {
            throw StorageError(
                .instanceBusy,
                "cannot \(kind.rawValue) \(instance.name) while its \(other.kind.rawValue) (job \(other.id)) is at work: "
                    + "wait for it, or cancel it with job.cancel",
                job: other.id)
        }
        guard phases.contains(instance.phase) else {
            let allowed = phases.map(\.rawValue).joined(separator: " or ")
            throw conflict(
                "cannot \(kind.rawValue) \(instance.name): it is \(instance.phase.rawValue), and has to be \(allowed)")
        }
        var wanted = instance
        wanted.desired = desired
        return .accept(wanted)
    }

    static func conflict(_ message: String) -> StorageError {
        StorageError(.phaseConflict, message)
    }
}
