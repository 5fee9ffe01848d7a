public import AuraModel
public import JSON

/// What operations need to know of this installation.
public struct ControlPlaneSettings: Sendable {
    /// The names that `provision` takes.
    public var regions: [String]
    public var sizes: [String]
    /// The provider's name of the image that machines start from.
    public var image: String
    public var agent: AgentSettings
    public var tailnet: TailnetSettings?
    public var health: HealthSettings
    public var ssh: LoginSettings
    public var pace: Pace
    /// Ansible runs at once, over all jobs and daemons.
    public var configurationRuns: Int
    /// Live instances that a tenant may have; none means any number.
    public var instancesPerTenant: Int?
    /// Live instances that there may be in all; `nil` means any number.
    public var instances: Int?

    public init(
        regions: [String], sizes: [String], image: String, agent: AgentSettings, tailnet: TailnetSettings?,
        health: HealthSettings, ssh: LoginSettings = LoginSettings(), pace: Pace = Pace(), configurationRuns: Int = 4,
        instancesPerTenant: Int? = nil, instances: Int? = nil
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
        self.instancesPerTenant = instancesPerTenant
        self.instances = instances
    }
}

/// Which agent runs on the machines.
public struct AgentSettings: Sendable {
    /// What the roles read of the agent: source, version, port and the like. Nothing secret.
    public var variables: JSONObject
    /// The agent's provider keys by their environment names.
    public var environment: [String: Secret]

    public init(variables: JSONObject = [:], environment: [String: Secret] = [:]) {
        self.variables = variables
        self.environment = environment
    }
}

/// How machines join the tailnet.
public struct TailnetSettings: Sendable {
    /// What the role reads: tags, login server, package source.
    public var variables: JSONObject
    /// How long a minted key may be used.
    public var keyLifetime: Duration

    public init(variables: JSONObject, keyLifetime: Duration = .seconds(600)) {
        self.variables = variables
        self.keyLifetime = keyLifetime
    }
}

/// Where an agent answers.
public struct HealthSettings: Sendable {
    public var port: Int
    /// Whether the look goes over SSH, since the agent listens on loopback only.
    public var usesSSH: Bool

    public init(port: Int, usesSSH: Bool) {
        self.port = port
        self.usesSSH = usesSSH
    }
}

public struct LoginSettings: Sendable {
    public var user: String
    public var port: Int

    public init(user: String = "root", port: Int = 22) {
        self.user = user
        self.port = port
    }
}

/// How often operations look, and how long they are patient.
public struct Pace: Sendable {
    /// Between two looks at a provider's action.
    public var actionPoll: Duration
    /// Between two tries to reach a booting machine.
    public var bootPoll: Duration
    /// Between two looks at an agent that is not ready.
    public var healthPoll: Duration
    /// How long a machine may take to boot.
    public var bootLimit: Duration
    /// How long a machine may refuse our key, or show another host key, before that is believed: cloud-init installs
    /// both some seconds after sshd is up.
    public var refusalPatience: Duration
    /// How long an operating system may take to shut down before its power is cut.
    public var shutdownGrace: Duration
    /// How long one Ansible run may take.
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
