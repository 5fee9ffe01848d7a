public import AuraModel
public import JSON

/// A driver that configures a machine over SSH, so that it runs an agent.
public protocol ConfigurationDriver: Sendable {
    /// Runs a play to its end and reports each task.
    ///
    /// Throws `Failure`: transient if the machine cannot be reached. If a task failed, the class depends on the cause
    /// that the task reports, and is ambiguous without one; the message is the task's. If the calling task is
    /// cancelled, every process of the run is ended before this returns. `report` is called in order, one call at a
    /// time. An error of `report` ends the run and is rethrown.
    func run(
        _ run: ConfigurationRun, report: @escaping @Sendable (ConfigurationEvent) async throws -> Void
    ) async throws -> ConfigurationSummary
}

/// One play on one machine.
public struct ConfigurationRun: Sendable {
    /// The part of the Ansible tree to run.
    public enum Play: String, Sendable {
        /// Configures the operating system and the agent.
        case machine
        /// Joins the tailnet.
        case network
        /// Leaves the tailnet, stops the agent and removes secrets.
        case teardown
    }

    /// The part of the tree to run.
    public var play: Play
    /// The instance of the machine.
    public var instance: Instance
    /// The SSH access to the machine.
    public var access: SSHAccess
    /// The variables for the roles. They must not contain secrets.
    public var variables: JSONObject
    /// The secrets of the run. Each key is a variable that will hold the path of a file with the secret, of mode 0600.
    public var secretFiles: [String: Secret]
    /// The time after which the run is ended and fails as transient.
    public var timeLimit: Duration

    /// Creates a run.
    public init(
        play: Play, instance: Instance, access: SSHAccess, variables: JSONObject, secretFiles: [String: Secret],
        timeLimit: Duration
    ) {
        self.play = play
        self.instance = instance
        self.access = access
        self.variables = variables
        self.secretFiles = secretFiles
        self.timeLimit = timeLimit
    }
}

/// The SSH access to a machine: a private key, and host keys that are known before the first connection.
public struct SSHAccess: Sendable {
    /// The host name or IP address.
    public var address: String
    /// The TCP port.
    public var port: Int
    /// The user name.
    public var user: String
    /// The private key, in OpenSSH's format.
    public var privateKey: Secret
    /// The machine's public host keys (`ssh-ed25519 AAAA…`). The machine may present any of them.
    public var hostKeys: [String]
    /// The name of the host keys in `known_hosts`. An address is not sufficient, because addresses are reused.
    public var hostKeyAlias: String

    /// Creates an access.
    public init(
        address: String, port: Int = 22, user: String, privateKey: Secret, hostKeys: [String], hostKeyAlias: String
    ) {
        self.address = address
        self.port = port
        self.user = user
        self.privateKey = privateKey
        self.hostKeys = hostKeys
        self.hostKeyAlias = hostKeyAlias
    }
}

/// A report of a running play.
public enum ConfigurationEvent: Sendable {
    /// A play started. `tasks` is the number of its tasks, as far as it is known at the start.
    case playStarted(name: String, tasks: Int)
    /// A task started. `index` counts from 1 within the play.
    case taskStarted(name: String, index: Int)
    /// A task ended without a failure.
    case taskFinished(name: String, outcome: TaskOutcome, milliseconds: Int64)
    /// A task failed. `isIgnored` is true if the play continues.
    case taskFailed(name: String, message: String, isIgnored: Bool)
    /// A task failed and is retried by the play itself.
    case taskRetried(name: String, attempt: Int, of: Int)
    /// A warning from Ansible.
    case warning(String)
    /// The play ended with these counts.
    case recap(ConfigurationSummary)

    /// The result of a task that did not fail.
    public enum TaskOutcome: String, Sendable {
        case ok
        case changed
        case skipped
    }
}

/// The result of a run: the counts of Ansible, and the data that the roles report.
public struct ConfigurationSummary: Sendable, Hashable {
    /// The number of tasks that succeeded, changed ones included.
    public var ok: Int
    /// The number of tasks that changed the machine.
    public var changed: Int
    /// The number of times that the machine could not be reached.
    public var unreachable: Int
    /// The number of failed tasks.
    public var failed: Int
    /// The number of skipped tasks.
    public var skipped: Int
    /// The number of failures that a rescue section handled.
    public var rescued: Int
    /// The number of failures that the play ignores.
    public var ignored: Int
    /// The data that the roles report to the daemon, such as `tailnet` or `agentVersion`.
    public var data: JSONObject

    /// Creates a summary.
    public init(
        ok: Int = 0, changed: Int = 0, unreachable: Int = 0, failed: Int = 0, skipped: Int = 0, rescued: Int = 0,
        ignored: Int = 0, data: JSONObject = [:]
    ) {
        self.ok = ok
        self.changed = changed
        self.unreachable = unreachable
        self.failed = failed
        self.skipped = skipped
        self.rescued = rescued
        self.ignored = ignored
        self.data = data
    }

    /// The counts in Ansible's format: `ok=31 changed=22 unreachable=0 failed=0 skipped=4 rescued=0 ignored=0`.
    public var recap: String {
        "ok=\(ok) changed=\(changed) unreachable=\(unreachable) failed=\(failed) skipped=\(skipped) "
            + "rescued=\(rescued) ignored=\(ignored)"
    }
}
