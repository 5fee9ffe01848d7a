public import AuraModel
public import JSON

/// What turns a bare machine into an agent's machine, over SSH.
public protocol ConfigurationDriver: Sendable {
    /// Runs a play to its end and reports each task as it goes.
    ///
    /// Throws ``Failure``: transient where the machine cannot be reached, permanent where a task failed, with that task's
    /// own words. Cancelling the task ends every process of the run before this returns. `report` is called in order,
    /// one call at a time; an error that it throws ends the run and is thrown on.
    func run(
        _ run: ConfigurationRun, report: @escaping @Sendable (ConfigurationEvent) async throws -> Void
    ) async throws -> ConfigurationSummary
}

/// One play against one machine.
public struct ConfigurationRun: Sendable {
    /// Which part of the tree runs.
    public enum Play: String, Sendable {
        /// Operating system and agent.
        case machine
        /// Joining the tailnet.
        case network
        /// Leaving the tailnet, stopping the agent, removing secrets.
        case teardown
    }

    public var play: Play
    public var instance: Instance
    public var access: SSHAccess
    /// What the roles read; nothing secret.
    public var variables: JSONObject
    /// Secrets by the variable that will hold the path of a 0600 file with the text.
    public var secretFiles: [String: Secret]
    /// The run is ended and fails as transient after this time.
    public var timeLimit: Duration

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

/// How a machine is reached: by key, with host keys known before the first connection.
public struct SSHAccess: Sendable {
    public var address: String
    public var port: Int
    public var user: String
    /// The private key, as OpenSSH writes it.
    public var privateKey: Secret
    /// The machine's public host keys (`ssh-ed25519 AAAA…`), any of which it may show.
    public var hostKeys: [String]
    /// The name under which `known_hosts` lists the host keys, since addresses are reused.
    public var hostKeyAlias: String

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

/// What a run reports while it goes.
public enum ConfigurationEvent: Sendable {
    /// `tasks`: how many the play will run, as far as can be said at its start.
    case playStarted(name: String, tasks: Int)
    /// `index` counts from 1 within the play.
    case taskStarted(name: String, index: Int)
    case taskFinished(name: String, outcome: TaskOutcome, milliseconds: Int64)
    case taskFailed(name: String, message: String, isIgnored: Bool)
    case taskRetried(name: String, attempt: Int, of: Int)
    case warning(String)
    case recap(ConfigurationSummary)

    public enum TaskOutcome: String, Sendable {
        case ok
        case changed
        case skipped
    }
}

/// How a run ended: the tool's own counts, and what the roles found out.
public struct ConfigurationSummary: Sendable, Hashable {
    public var ok: Int
    public var changed: Int
    public var unreachable: Int
    public var failed: Int
    public var skipped: Int
    public var rescued: Int
    public var ignored: Int
    /// What the roles report to the daemon, such as `tailnet` or `agentVersion`.
    public var data: JSONObject

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

    /// The counts as Ansible prints them: `ok=31 changed=22 unreachable=0 failed=0 skipped=4 rescued=0 ignored=0`.
    public var recap: String {
        "ok=\(ok) changed=\(changed) unreachable=\(unreachable) failed=\(failed) skipped=\(skipped) "
            + "rescued=\(rescued) ignored=\(ignored)"
    }
}
