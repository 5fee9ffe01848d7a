/// The state of an instance. Which phase may follow which one depends on the kind of the instance (``PhaseTable``).
/// Any text is valid, because a newer daemon on the same database may know other phases.
public struct Phase: OpenName {
    /// The name in rows and on the wire.
    public let rawValue: String

    /// Creates a phase with this name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Accepted; no resource was created.
    public static let queued = Phase("queued")
    /// The machine is being created and booted.
    public static let provisioning = Phase("provisioning")
    /// Ansible runs on the machine.
    public static let configuring = Phase("configuring")
    /// The machine joins the tailnet and is checked.
    public static let networking = Phase("networking")
    /// The agent passed its check.
    public static let running = Phase("running")
    /// The machine is being shut down.
    public static let suspending = Phase("suspending")
    /// The machine is off. Its disk exists and is billed.
    public static let suspended = Phase("suspended")
    /// The machine is being started.
    public static let resuming = Phase("resuming")
    /// The machine restarts.
    public static let restarting = Phase("restarting")
    /// An operation ended without the requested result.
    public static let degraded = Phase("degraded")
    /// A failed provision is being undone.
    public static let rollingBack = Phase("rollingBack")
    /// A provision failed and was undone.
    public static let failed = Phase("failed")
    /// All resources are being removed.
    public static let destroying = Phase("destroying")
    /// All resources are removed. A final phase.
    public static let destroyed = Phase("destroyed")

    /// The phases that this version knows.
    public static let allCases: [Phase] = [
        .queued, .provisioning, .configuring, .networking, .running, .suspending, .suspended, .resuming, .restarting,
        .degraded, .rollingBack, .failed, .destroying, .destroyed,
    ]
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
