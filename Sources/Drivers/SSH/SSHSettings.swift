/// The settings of OpenSSH's programs.
public struct SSHSettings: Sendable {
    /// The absolute path for temporary directories with keys. It must contain only this daemon's state.
    public var workDirectory: String
    /// The absolute path of `ssh`.
    public var sshPath: String
    /// The time limit of the TCP connection and the SSH banner.
    public var connectTimeout: Duration
    /// The time limit of a whole command.
    public var timeLimit: Duration

    /// The program that confines `ssh` to its files (`Confinement` of the module `ChildProcess`); `nil` runs without.
    public var launcher: String?

    /// Creates settings. The work directory has no default.
    public init(
        workDirectory: String, sshPath: String = "/usr/bin/ssh",
        connectTimeout: Duration = .seconds(10), timeLimit: Duration = .seconds(30), launcher: String? = nil
    ) {
        self.workDirectory = workDirectory
        self.sshPath = sshPath
        self.connectTimeout = connectTimeout
        self.timeLimit = timeLimit
        self.launcher = launcher
    }
}
