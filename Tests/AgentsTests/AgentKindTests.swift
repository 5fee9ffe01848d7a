import AuraAPI
import AuraModel
import JSON
import TestKit
import Testing

@testable import Agents
@testable import Storage

/// The transitions of every phase as text, so that a change shows in review.
private let table = """
    queued: provisioning rollingBack failed destroying
    provisioning: configuring networking running rollingBack failed destroying
    configuring: networking running rollingBack failed destroying
    networking: running rollingBack failed destroying
    running: suspending restarting degraded destroying
    suspending: suspended degraded destroying
    suspended: resuming degraded destroying
    resuming: running degraded destroying
    restarting: running degraded destroying
    degraded: suspending resuming restarting running destroying
    rollingBack: failed destroying
    failed: queued destroying
    destroying: destroyed degraded
    destroyed:
    """

@Suite struct AgentPhaseTests {
    private let phases = Agents.phases

    @Test func theTableHasEveryPhaseOfTheWire() {
        #expect(phases.phases == Set(Phase.allCases))
    }

    @Test func successorsOfPhasesMatchTheTable() {
        let present = Phase.allCases.map { phase in
            ([phase.rawValue + ":"] + phases.successors(of: phase).map(\.rawValue)).joined(separator: " ")
        }
        #expect(present.joined(separator: "\n") == table)
    }

    @Test func everyPhaseExceptDestroyedMayBecomeDestroying() {
        for phase in Phase.allCases where phase != .destroyed {
            #expect(phases.allows(phase, .destroying), "\(phase)")
        }
        #expect(phases.successors(of: .destroyed).isEmpty)
    }

    /// `destroyed` can be reached from every phase, and every phase can be reached from `queued`.
    @Test func everyPhaseIsReachableAndLeadsToDestroyed() {
        func reachable(from first: Phase) -> Set<Phase> {
            var found: Set<Phase> = [first]
            var open = [first]
            while let phase = open.popLast() {
                for next in phases.successors(of: phase) where found.insert(next).inserted { open.append(next) }
            }
            return found
        }
        for phase in Phase.allCases { #expect(reachable(from: phase).contains(.destroyed), "\(phase)") }
        #expect(reachable(from: .queued) == Set(Phase.allCases))
    }

    @Test func successorsOfAPhaseAreDistinctAndOmitThePhase() {
        for phase in Phase.allCases {
            let successors = phases.successors(of: phase)
            #expect(Set(successors).count == successors.count)
            #expect(!successors.contains(phase))
        }
    }
}

/// The facts about an agent, in its document and on the wire.
@Suite struct AgentFactsTests {
    private let machine = ServerFacts(
        id: "42", name: "aura-ada", address: "192.0.2.7", location: "nbg1", type: "cx23")
    private let decoder = DecodedInstances(InstanceKinds([Agents.kind]))

    private var agent: Instance {
        var agent = Instance(
            of: Agents.kind, id: Fixtures.id(1), tenant: Tenant.default, name: "ada", region: "eu-central",
            size: "small", change: ChangeID("c"), createdAt: Fixture.now)
        agent.server = machine
        agent.tailnet = TailnetFacts(nodeId: "n1", name: "ada.t.net", addresses: ["100.64.0.7"])
        agent.agentVersion = "2026.8.1"
        return agent
    }

    private func read(_ document: String) throws -> Instance {
        try decoder.instance(stored: document, id: agent.id.text, desired: .running)
    }

    @Test func factsAreReadAsTheyWereWritten() throws {
        #expect(try read(agent.document()) == agent)
        #expect(try read(agent.document()).otherMembers.isEmpty)
    }

    /// Earlier versions of the daemon wrote and read the members at this place.
    @Test func factsAreMembersOfTheDocumentItself() throws {
        let document = try JSONValue(parsing: agent.document())
        #expect(document["server"]?["id"] == "42")
        #expect(document["tailnet"]?["nodeId"] == "n1")
        #expect(document["agentVersion"] == "2026.8.1")
    }

    /// Facts of a machine that cannot be read must not count as no machine, or the job would create a second one.
    @Test(arguments: [#""server":{"id":"42"}"#, #""server":"42""#, #""tailnet":[]"#, #""agentVersion":7"#])
    func factsThatCannotBeReadMakeTheRowUnreadable(_ member: String) {
        var plain = agent
        (plain.server, plain.tailnet, plain.agentVersion) = (nil, nil, nil)
        let document = plain.document().dropLast() + "," + member + "}"
        let error = #expect(throws: StorageError.self) { try read(String(document)) }
        #expect(error?.code == .corrupt)
    }

    /// A daemon without the feature keeps the facts unchanged, and assumes that the instance holds a paid resource.
    @Test func aDaemonThatDoesNotKnowTheKindKeepsItsFacts() throws {
        let stranger = DecodedInstances(InstanceKinds([]))
        let read = try stranger.instance(stored: agent.document(), id: agent.id.text, desired: .running)
        #expect(read.facts == AnyInstanceFacts(UnknownFacts()))
        #expect(read.facts.value.holdsPaidResource)
        #expect(Set(read.otherMembers.keys) == AgentFacts.memberNames)
        #expect(try self.read(read.document()) == agent)
    }

    @Test func aMachineIsPaidFor() {
        var agent = agent
        #expect(agent.facts.value.holdsPaidResource)
        agent.server = nil
        #expect(!agent.facts.value.holdsPaidResource)
    }

    @Test func theWireShowsTheFacts() {
        let view = InstanceView(agent)
        #expect(view.server == machine)
        #expect(view.tailnet?.nodeId == "n1")
        #expect(view.agentVersion == "2026.8.1")
    }

    @Test func instancesOfOtherKindsHaveNoMachine() {
        var other = Fixtures.instance(1, of: .test(InstanceKind(rawValue: "worker")), at: Fixture.now)
        let before = other
        other.server = machine
        #expect(other.server == nil)
        #expect(other == before)
    }
}
