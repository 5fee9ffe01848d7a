public import AuraAPI
public import AuraModel
public import JSON

extension Agents {
    /// The kind of the feature's instances.
    public static let kind = InstanceKindDefinition(.agent, phases: phases, facts: AgentFacts.self)

    /// The phases of an agent. A provision that succeeds passes through `queued`, `provisioning`, `configuring`,
    /// `networking` and `running`, in this order.
    public static let phases: PhaseTable = [
        .queued: [.provisioning, .rollingBack, .failed, .destroying],
        .provisioning: [.configuring, .networking, .running, .rollingBack, .failed, .destroying],
        .configuring: [.networking, .running, .rollingBack, .failed, .destroying],
        .networking: [.running, .rollingBack, .failed, .destroying],
        .running: [.suspending, .restarting, .degraded, .destroying],
        .suspending: [.suspended, .degraded, .destroying],
        .suspended: [.resuming, .degraded, .destroying],
        .resuming: [.running, .degraded, .destroying],
        .restarting: [.running, .degraded, .destroying],
        .degraded: [.suspending, .resuming, .restarting, .running, .destroying],
        .rollingBack: [.failed, .destroying],
        // A retry of the provision.
        .failed: [.queued, .destroying],
        .destroying: [.destroyed, .degraded],
        .destroyed: [],
    ]
}

/// The facts about an agent.
public struct AgentFacts: VisibleFacts {
    /// The machine; `nil` before its id is known and after its removal.
    public var server: ServerFacts?
    /// The device in the tailnet; `nil` if the machine has not joined.
    public var tailnet: TailnetFacts?
    /// The version of the agent on the machine; `nil` if it is not known.
    public var agentVersion: String?

    /// The names of the members in the document.
    public static let memberNames: Set<String> = ["server", "tailnet", "agentVersion"]

    /// True if there is a machine.
    public var holdsPaidResource: Bool { server != nil }

    /// Creates the facts of an agent without a machine.
    public init() {}

    /// Reads the members of a document.
    public init(members: JSONMembers) throws(JSONDecodingError) {
        server = try members.optional("server")
        tailnet = try members.optional("tailnet")
        agentVersion = try members.optional("agentVersion")
    }

    /// Appends the members that are not `nil`.
    public func write(to json: inout JSONText) {
        json.member("server", server)
        json.member("tailnet", tailnet)
        json.member("agentVersion", agentVersion)
    }

    /// Sets the members of the wire form that have the same names.
    public func show(in view: inout InstanceView) {
        view.server = server
        view.tailnet = tailnet
        view.agentVersion = agentVersion
    }
}

extension Instance {
    /// The facts about an agent; `nil` for an instance of another kind. Traps if the store was opened without the kind
    /// of agents, because an existing machine would otherwise count as absent.
    private var agent: AgentFacts? {
        get {
            guard kind == .agent else { return nil }
            guard let facts = facts.value as? AgentFacts else {
                preconditionFailure("the store was opened without the kind \(kind)")
            }
            return facts
        }
        set {
            guard kind == .agent, let newValue else { return }
            facts = AnyInstanceFacts(newValue)
        }
    }

    /// The machine of an agent; `nil` before its id is known and after its removal.
    public var server: ServerFacts? {
        get { agent?.server }
        set { agent?.server = newValue }
    }

    /// The device of an agent in the tailnet; `nil` if the machine has not joined.
    public var tailnet: TailnetFacts? {
        get { agent?.tailnet }
        set { agent?.tailnet = newValue }
    }

    /// The version of the agent on the machine; `nil` if it is not known.
    public var agentVersion: String? {
        get { agent?.agentVersion }
        set { agent?.agentVersion = newValue }
    }
}
