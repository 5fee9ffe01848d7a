import AuraAPI
import AuraClient
import AuraModel

/// The subject of a watch.
enum WatchSubject: Sendable, Hashable {
    /// A job by its id.
    case job(JobID)
    /// An instance by name or id; a name belongs to a tenant.
    case instance(String, tenant: TenantID?)
    /// Everything, or everything of a tenant.
    case all(tenant: TenantID?)

    /// The `filter` of `status.subscribe`; `nil` matches everything.
    var filter: FilterParameters? {
        switch self {
        case .job(let id): FilterParameters(job: id)
        case .instance(let instance, let tenant): FilterParameters(instance: instance, tenant: tenant)
        case .all(let tenant): tenant.map { FilterParameters(tenant: $0) }
        }
    }

    var purpose: String {
        switch self {
        case .job(let id): "job \(id)"
        case .instance(let instance, _): instance
        case .all: "all instances"
        }
    }

    /// Returns the command that continues the watch; a job is watched again from its start. Each word is safe to paste
    /// into a shell.
    ///
    /// `seq` is the last event that was seen, and `epoch` is its ledger epoch. `id` is the id of the instance that the
    /// daemon found by name.
    func command(after seq: Int64?, epoch: String? = nil, id: String? = nil) -> String {
        switch self {
        case .job(let job): "watch --job \(job.text.shellQuoted)"
        case .instance(let instance, let tenant):
            "watch \((id ?? instance).shellQuoted)" + Self.tail(tenant, seq, epoch)
        case .all(let tenant): "watch --all" + Self.tail(tenant, seq, epoch)
        }
    }

    private static func tail(_ tenant: TenantID?, _ seq: Int64?, _ epoch: String?) -> String {
        let place = seq.map { " --from \($0)" + (epoch.map { " --epoch \($0.shellQuoted)" } ?? "") } ?? ""
        return (tenant.map { " --tenant \($0.text.shellQuoted)" } ?? "") + place
    }
}

/// A watch with its start and its end.
struct Watch: Sendable, Hashable {
    var subject: WatchSubject
    var start: SubscriptionStart
    /// The ledger epoch that a `seq` in `start` belongs to.
    var epoch: String?
    var end: Open<SubscriptionEnd>?
    /// The retry budget of the watch, in seconds.
    var reconnectSeconds: Double
}
