/// What is true of an instance now. A customer who waits sees the first five in order.
public enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
    /// Accepted; nothing was done in the outside world. → provisioning, rollingBack, failed, destroying.
    case queued
    /// A machine is being created and booted. → configuring, networking, running, rollingBack, failed, destroying.
    case provisioning
    /// Ansible runs on the machine. → networking, running, rollingBack, failed, destroying.
    case configuring
    /// The machine joins the tailnet and is checked. → running, rollingBack, failed, destroying.
    case networking
    /// The agent answers. → suspending, restarting, degraded, destroying.
    case running
    /// The machine is being shut down. → suspended, degraded, destroying.
    case suspending
    /// The machine is off, its disk is kept and still billed. → resuming, degraded, destroying.
    case suspended
    /// The machine is being started. → running, degraded, destroying.
    case resuming
    /// The machine restarts. → running, degraded, destroying.
    case restarting
    /// An operation ended without reaching what was asked. → suspending, resuming, restarting, running, destroying.
    case degraded
    /// A failed provision is being undone. → failed, destroying.
    case rollingBack
    /// A provision failed and was undone. → queued (tried again), destroying.
    case failed
    /// Everything is being removed. → destroyed, degraded.
    case destroying
    /// Nothing is left in the outside world. The end.
    case destroyed

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
        case .destroyed: []
        }
    }
}

/// What the owner wants to be true of an instance.
public enum DesiredState: String, Sendable, Hashable, Codable {
    case running
    case suspended
    case destroyed
}
