/// The state of an instance. A successful provision passes through `queued`, `provisioning`, `configuring`,
/// `networking` and `running`, in this order. Any text is valid, because a newer daemon on the same database may know
/// other phases.
public struct Phase: OpenName {
    /// The name in rows and on the wire.
    public let rawValue: String

    /// Creates a phase with this name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Accepted; no resource was created. → provisioning, rollingBack, failed, destroying.
    public static let queued = Phase("queued")
    /// The machine is being created and booted. → configuring, networking, running, rollingBack, failed, destroying.
    public static let provisioning = Phase("provisioning")
    /// Ansible runs on the machine. → networking, running, rollingBack, failed, destroying.
    public static let configuring = Phase("configuring")
    /// The machine joins the tailnet and is checked. → running, rollingBack, failed, destroying.
    public static let networking = Phase("networking")
    /// The agent passed its check. → suspending, restarting, degraded, destroying.
    public static let running = Phase("running")
    /// The machine is being shut down. → suspended, degraded, destroying.
    public static let suspending = Phase("suspending")
    /// The machine is off. Its disk exists and is billed. → resuming, degraded, destroying.
    public static let suspended = Phase("suspended")
    /// The machine is being started. → running, degraded, destroying.
    public static let resuming = Phase("resuming")
    /// The machine restarts. → running, degraded, destroying.
    public static let restarting = Phase("restarting")
    /// An operation ended without the requested result. → suspending, resuming, restarting, running, destroying.
    public static let degraded = Phase("degraded")
    /// A failed provision is being undone. → failed, destroying.
    public static let rollingBack = Phase("rollingBack")
    /// A provision failed and was undone. → queued (retried), destroying.
    public static let failed = Phase("failed")
    /// All resources are being removed. → destroyed, degraded.
    public static let destroying = Phase("destroying")
    /// All resources are removed. A final phase.
    public static let destroyed = Phase("destroyed")

    /// The phases that this version knows.
    public static let allCases: [Phase] = [
        .queued, .provisioning, .configuring, .networking, .running, .suspending, .suspended, .resuming, .restarting,
        .degraded, .rollingBack, .failed, .destroying, .destroyed,
    ]

    /// Returns true if an instance may change from this phase to `next`, or if both are the same.
    public func mayBecome(_ next: Phase) -> Bool {
        self == next || successors.contains(next)
    }

    /// The phases that may follow this one.
    public var successors: [Phase] {
        switch self {
        case .queued: [.provisioning, .rollingBack, .failed, .destroying]
        case .provisioning: [.configuring, .networking, .running, .rollingBack, .failed, .destroying]
        case .configuring: [.networking, .running, .rollingBack, .failed, .destroying]
        case .networking: [.running, .rollingBack, .failed, .destroying]
        case .running: [.suspending, .restarting, .degraded, .destroying]
        case .suspending: [.suspended, .degraded, .destroying]
        case .suspended: [.resuming, .degraded, .destroying]
        case .resuming: [.running, .degraded, .destroying]
        case .restarting: [.running, .degraded, .destroying]
        case .degraded: [.suspending, .resuming, .restarting, .running, .destroying]
        case .rollingBack: [.failed, .destroying]
        case .failed: [.queued, .destroying]
        case .destroying: [.destroyed, .degraded]
        case .destroyed: []
        // A phase that only a newer daemon knows. A destroy is accepted in every phase.
        default: [.destroying]
        }
    }
}

/// The state that the owner requested.
public enum DesiredState: String, Sendable, Hashable, Codable {
    /// The machine must exist and run.
    case running
    /// The machine must exist and be off.
    case suspended
    /// The machine must not exist.
    case destroyed
}
