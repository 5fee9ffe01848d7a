public import AuraModel
public import JSON

extension InstanceKindDefinition {
    /// The kind of the instances in tests of code that knows no feature. Its name is `agent`.
    public static let test = test(.agent)

    /// A kind of this name, with the phases and facts of ``test``.
    public static func test(_ kind: InstanceKind) -> InstanceKindDefinition {
        InstanceKindDefinition(kind, phases: .test, facts: TestFacts.self)
    }
}

extension InstanceKinds {
    /// The only kind of a store in tests of code that knows no feature: ``InstanceKindDefinition/test``.
    public static let test = InstanceKinds([.test])
}

extension PhaseTable {
    /// The phases of ``InstanceKindDefinition/test``: a provision with its undo, a restart, and a destroy.
    public static let test: PhaseTable = [
        .queued: [.provisioning, .rollingBack, .failed, .destroying],
        .provisioning: [.configuring, .networking, .running, .rollingBack, .failed, .destroying],
        .configuring: [.networking, .running, .rollingBack, .failed, .destroying],
        .networking: [.running, .rollingBack, .failed, .destroying],
        .running: [.suspending, .restarting, .degraded, .destroying],
        .suspending: [.suspended, .degraded, .destroying],
        .suspended: [.degraded, .destroying],
        .restarting: [.running, .degraded, .destroying],
        .degraded: [.restarting, .running, .destroying],
        .rollingBack: [.failed, .destroying],
        .failed: [.queued, .destroying],
        .destroying: [.destroyed, .degraded],
        .destroyed: [],
    ]
}

/// The facts of instances of ``InstanceKindDefinition/test``.
public struct TestFacts: InstanceFacts {
    /// A resource that is paid for; `nil` if there is none.
    public var server: ServerFacts?
    /// Any text.
    public var note: String?

    public static let memberNames: Set<String> = ["server", "note"]

    public var holdsPaidResource: Bool { server != nil }

    public init() {}

    public init(members: JSONMembers) throws(JSONDecodingError) {
        server = try members.optional("server")
        note = try members.optional("note")
    }

    public func write(to json: inout JSONText) {
        json.member("server", server)
        json.member("note", note)
    }
}

extension Instance {
    /// The facts of an instance of ``InstanceKindDefinition/test``; empty for other kinds.
    public var testFacts: TestFacts {
        get { facts.value as? TestFacts ?? TestFacts() }
        set { facts = AnyInstanceFacts(newValue) }
    }
}
