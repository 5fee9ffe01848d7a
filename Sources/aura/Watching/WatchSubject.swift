import AuraAPI
import AuraModel

/// What is watched.
enum WatchSubject: Sendable, Hashable {
    /// A job by its id.
    case job(String)
    /// An instance by name or id; names are a tenant's.
    case instance(String, tenant: String?)
    /// Everything, or everything of a tenant.
    case all(tenant: String?)

    /// The `filter` of `status.subscribe`; nil lets everything through.
    var filter: FilterParameters? {
        switch self {
        case .job(let id): FilterParameters(job: JobID(id))
        case .instance(let instance, let tenant):
            FilterParameters(instance: instance, tenant: tenant.map { TenantID($0) })
        case .all(let tenant): tenant.map { FilterParameters(tenant: TenantID($0)) }
        }
    }

    var purpose: String {
        switch self {
        case .job(let id): "job \(id)"
        case .instance(let instance, _): instance
        case .all: "all instances"
        }
    }

    /// The words of the command that goes on with the watch after it was ended, `seq` being the last event that was seen.
    func command(after seq: Int64?) -> String {
        switch self {
        case .job(let id): "watch --job \(id)"
        case .instance(let instance, let tenant): "watch \(instance)" + Self.tail(tenant, seq)
        case .all(let tenant): "watch --all" + Self.tail(tenant, seq)
        }
    }

    private static func tail(_ tenant: String?, _ seq: Int64?) -> String {
        (tenant.map { " --tenant \($0)" } ?? "") + (seq.map { " --from \($0)" } ?? "")
    }
}

/// A watch, from where to where.
struct Watch: Sendable, Hashable {
    var subject: WatchSubject
    var start: SubscriptionStart
    var end: SubscriptionEnd?
    /// How long a daemon that went away is tried.
    var reconnectSeconds: Double
}
