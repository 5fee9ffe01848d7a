/// How OpenSSH's programs are run.
public struct SSHSettings: Sendable {
    /// Where throw-away directories for keys are made; absolute, for this daemon's state only.
    public var workDirectory: String
    public var sshPath: String
    /// For the TCP connection and the greeting.
    public var connectTimeout: Duration
    /// For a whole command.
    public var timeLimit: Duration

    public init(
        workDirectory: String, sshPath: String = "/usr/bin/ssh",
        connectTimeout: Duration = .seconds(10), timeLimit: Duration = .seconds(30)
    ) {
        self.workDirectory = workDirectory
        self.sshPath = sshPath
        self.connectTimeout = connectTimeout
        self.timeLimit = timeLimit
    }
}
