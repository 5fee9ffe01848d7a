/// What is true of an instance now. A customer who waits sees the first five in order. Any text, since a newer daemon on the same
/// database may know others.
public struct Phase: OpenName {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Accepted; nothing was done in the outside world. → provisioning, rollingBack, failed, destroying.
    public static let queued = Phase("queued")
    /// A machine is being created and booted. → configuring, networking, running, rollingBack, failed, destroying.
    public static let provisioning = Phase("provisioning")
    /// Ansible runs on the machine. → networking, running, rollingBack, failed, destroying.
    public static let configuring = Phase("configuring")
    /// The machine joins the tailnet and is checked. → running, rollingBack, failed, destroying.
    public static let networking = Phase("networking")
    /// The agent answers. → suspending, restarting, degraded, destroying.
    public static let running = Phase("running")
    /// The machine is being shut down. → suspended, degraded, destroying.
    public static let suspending = Phase("suspending")
    /// The machine is off, its disk is kept and still billed. → resuming, degraded, destroying.
    public static let suspended = Phase("suspended")
    /// The machine is being started. → running, degraded, destroying.
    public static let resuming = Phase("resuming")
    /// The machine restarts. → running, degraded, destroying.
    public static let restarting = Phase("restarting")
    /// An operation ended without reaching what was asked. → suspending, resuming, restarting, running, destroying.
    public static let degraded = Phase("degraded")
    /// A failed provision is being undone. → failed, destroying.
    public static let rollingBack = Phase("rollingBack")
    /// A provision failed and was undone. → queued (tried again), destroying.
    public static let failed = Phase("failed")
    /// Everything is being removed. → destroyed, degraded.
    public static let destroying = Phase("destroying")
    /// Nothing is left in the outside world. The end.
    public static let destroyed = Phase("destroyed")

    /// The phases that this version knows.
    public static let allCases: [Phase] = [
        .queued, .provisioning, .configuring, .networking, .running, .suspending, .suspended, .resuming, .restarting,
        .degraded, .rollingBack, .failed, .destroying, .destroyed,
    ]

    /// Whether an instance may pass from this phase to `next`; staying is always allowed.
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
        default: []
        }
    }
}

/// What the owner wants to be true of an instance.
public enum DesiredState: String, Sendable, Hashable, Codable {
    case running
    case suspended
    case destroyed
}
