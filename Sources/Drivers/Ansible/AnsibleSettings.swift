/// Where Ansible and the tree are, and how a run may behave.
public struct AnsibleSettings: Sendable {
    /// The `ansible-playbook` program; an absolute path.
    public var playbookPath: String
    /// The `ansible` directory with its playbooks, roles, inventory and plugins; an absolute path.
    public var treePath: String
    /// The daemon's Unix socket, which the inventory asks.
    public var socketPath: String
    /// Where throw-away directories are made; an absolute path for this purpose only, and short: OpenSSH puts a Unix
    /// socket below it.
    public var workDirectory: String
    /// `PATH` of the run.
    public var searchPath: String
    /// How long a run may take to end itself before it is killed.
    public var stopGrace: Duration
    /// After this time in which the daemon was stopped (`SIGSTOP`) a run is ended: less than what is left of a lease then.
    public var patience: Duration
    /// A run that reports nothing for this time is ended. Longer than the roles' longest single task may wait: 300 s for
    /// another program's lock on the package database.
    public var silenceLimit: Duration
    /// A run that writes more than this is ended.
    public var outputLimitBytes: Int

    public init(
        playbookPath: String, treePath: String, socketPath: String, workDirectory: String,
        searchPath: String = "/usr/local/bin:/usr/bin:/bin", stopGrace: Duration = .seconds(10),
        patience: Duration = .seconds(20), silenceLimit: Duration = .seconds(360), outputLimitBytes: Int = 16 << 20
    ) {
        self.playbookPath = playbookPath
        self.treePath = treePath
        self.socketPath = socketPath
        self.workDirectory = workDirectory
        self.searchPath = searchPath
        self.stopGrace = stopGrace
        self.patience = patience
        self.silenceLimit = silenceLimit
        self.outputLimitBytes = outputLimitBytes
    }
}
