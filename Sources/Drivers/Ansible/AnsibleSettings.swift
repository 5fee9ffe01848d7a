/// How Ansible is run.
public struct AnsibleSettings: Sendable {
    /// The `ansible-playbook` program; absolute.
    public var playbookPath: String
    /// Our own tree of playbooks, roles, inventory and callback; absolute.
    public var treePath: String
    /// The Unix socket of this daemon, which the inventory asks.
    public var socketPath: String
    /// Where throw-away directories of runs are made; absolute, for this daemon's state only.
    public var workDirectory: String
    /// The `PATH` of runs.
    public var searchPath: String
    /// How long a run may take to end itself before it is killed.
    public var stopGrace: Duration

    public init(
        playbookPath: String, treePath: String, socketPath: String, workDirectory: String,
        searchPath: String = "/usr/local/bin:/usr/bin:/bin", stopGrace: Duration = .seconds(5)
    ) {
        self.playbookPath = playbookPath
        self.treePath = treePath
        self.socketPath = socketPath
        self.workDirectory = workDirectory
        self.searchPath = searchPath
        self.stopGrace = stopGrace
    }
}
