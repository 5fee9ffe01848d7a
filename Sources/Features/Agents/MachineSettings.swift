public import AuraModel
public import JSON

/// The settings of this installation for the machines of agents.
public struct MachineSettings: Sendable {
    /// The names that `provision` accepts.
    public var regions: [String]
    public var sizes: [String]
    /// The provider's name of the image for new machines.
    public var image: String
    public var agent: AgentSettings
    public var tailnet: TailnetSettings?
    public var health: HealthSettings
    public var ssh: LoginSettings
    public var pace: Pace
    /// The largest number of concurrent Ansible runs, over all jobs and daemons.
    public var configurationRuns: Int

    public init(
        regions: [String], sizes: [String], image: String, agent: AgentSettings, tailnet: TailnetSettings?,
        health: HealthSettings, ssh: LoginSettings = LoginSettings(), pace: Pace = Pace(), configurationRuns: Int = 4
    ) {
        self.regions = regions
        self.sizes = sizes
        self.image = image
        self.agent = agent
        self.tailnet = tailnet
        self.health = health
        self.ssh = ssh
        self.pace = pace
        self.configurationRuns = configurationRuns
    }
}

/// The agent that runs on the machines.
public struct AgentSettings: Sendable {
    /// The variables of the agent's roles: source, version, port and the like. They hold no secret.
    public var variables: JSONObject
    /// The agent's provider keys by the names of their environment variables.
    public var environment: [String: Secret]

    public init(variables: JSONObject = [:], environment: [String: Secret] = [:]) {
        self.variables = variables
        self.environment = environment
    }
}

/// The settings for machines that join the tailnet.
public struct TailnetSettings: Sendable {
    /// The variables of the role: tags, login server, package source.
    public var variables: JSONObject
    /// The time for which an enrolment key is valid.
    public var keyLifetime: Duration

    public init(variables: JSONObject, keyLifetime: Duration = .seconds(600)) {
        self.variables = variables
        self.keyLifetime = keyLifetime
    }
}

/// The settings of an agent's health probe.
public struct HealthSettings: Sendable {
    public var port: Int
    /// True if the probe goes over SSH, because the agent listens on loopback only.
    public var usesSSH: Bool

    public init(port: Int, usesSSH: Bool) {
        self.port = port
        self.usesSSH = usesSSH
    }
}

/// The SSH login on machines.
public struct LoginSettings: Sendable {
    public var user: String
    public var port: Int

    public init(user: String = "root", port: Int = 22) {
        self.user = user
        self.port = port
    }
}

/// The poll intervals and time limits of operations.
public struct Pace: Sendable {
    /// The time between two polls of a provider's action.
    public var actionPoll: Duration
    /// The time between two attempts to reach a booting machine.
    public var bootPoll: Duration
    /// The time between two probes of an agent that is not ready.
    public var healthPoll: Duration
    /// The longest time that a machine may need to boot.
    public var bootLimit: Duration
    /// The time for which a machine may refuse the daemon's key or show another host key before the step fails.
    /// cloud-init installs both keys some seconds after sshd is up.
    public var refusalPatience: Duration
    /// The longest time that an operating system may need to shut down before its power is cut.
    public var shutdownGrace: Duration
    /// The time limit of one Ansible run.
    public var configurationLimit: Duration

    public init(
        actionPoll: Duration = .seconds(1), bootPoll: Duration = .seconds(2), healthPoll: Duration = .seconds(1),
        bootLimit: Duration = .seconds(600), refusalPatience: Duration = .seconds(60),
        shutdownGrace: Duration = .seconds(60), configurationLimit: Duration = .seconds(900)
    ) {
        self.actionPoll = actionPoll
        self.bootPoll = bootPoll
        self.healthPoll = healthPoll
        self.bootLimit = bootLimit
        self.refusalPatience = refusalPatience
        self.shutdownGrace = shutdownGrace
        self.configurationLimit = configurationLimit
    }
}
