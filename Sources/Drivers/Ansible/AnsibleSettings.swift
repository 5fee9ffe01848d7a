/// The paths of Ansible and of the tree, and the limits of a run.
public struct AnsibleSettings: Sendable {
    /// The absolute path of the `ansible-playbook` program.
    public var playbookPath: String
    /// The absolute path of the `ansible` directory with its playbooks, roles, inventory and plugins.
    public var treePath: String
    /// The path of the daemon's Unix socket, from which the inventory reads.
    public var socketPath: String
    /// The absolute path for temporary directories. It must serve no other purpose, and it must be short, because
    /// OpenSSH creates a Unix socket below it.
    public var workDirectory: String
    /// The value of `PATH` in a run.
    public var searchPath: String
    /// The time between SIGTERM and SIGKILL when a run is ended.
    public var stopGrace: Duration
    /// The time for which the daemon may be suspended (`SIGSTOP`) before a run is ended. It must be at most the
    /// shortest remaining time of the job's lease: the lease time minus the heartbeat interval.
    public var patience: Duration
    /// The time without output after which a run is ended. It must be longer than any single task of the roles. The
    /// longest task waits up to 300 seconds for the lock on the package database.
    public var silenceLimit: Duration
    /// The number of bytes of output after which a run is ended.
    public var outputLimitBytes: Int

    /// The program that confines a run to its files (`Confinement` of the module `ChildProcess`); `nil` runs without.
    public var launcher: String?
    /// Further files that a run may read, such as the agent's archive.
    public var readableFiles: [String]

    /// Creates settings. The paths of the program, the tree, the socket and the work directory have no default.
    public init(
        playbookPath: String, treePath: String, socketPath: String, workDirectory: String,
        searchPath: String = "/usr/local/bin:/usr/bin:/bin", stopGrace: Duration = .seconds(10),
        patience: Duration = .seconds(20), silenceLimit: Duration = .seconds(360), outputLimitBytes: Int = 16 << 20,
        launcher: String? = nil, readableFiles: [String] = []
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
        self.launcher = launcher
        self.readableFiles = readableFiles
    }
}
