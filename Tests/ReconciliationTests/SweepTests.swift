import AuraModel
import JSON
import Storage
import TestKit
import Testing

@testable import Agents
@testable import Reconciliation

private let start = Fixture.now
private let grace = Duration.seconds(1800)

/// The resources and instances of a test, over any number of sweeps.
private struct Scene {
    var servers: [Resource] = []
    var keys: [Resource] = []
    var devices: [Resource] = []
    var live: [Instance] = []
    var busy: Set<InstanceID> = []
    var formerNames: Set<String> = []
    var failure: Failure?
    var now = start
    var settings = ReconcilerSettings(grace: grace, quarantinesPerRun: 2, reapsPerRun: 1)
    var isForced = false
    private(set) var observations: [Observation.Key: Observation] = [:]

    /// Runs one sweep, applies its record and moves the clock by a minute.
    mutating func sweep() -> ReconcilePlan {
        var inventories = [
            Inventory(traits: ServerSource.traits, resources: servers),
            Inventory(traits: KeySource.traits, resources: keys),
        ]
        if let failure { inventories[0] = Inventory(traits: ServerSource.traits, failure: failure) }
        inventories.append(Inventory(traits: DeviceSource.traits, resources: devices))
        let sweep = ReconcilePlan(
            input: SweepInput(
                inventories: inventories, live: live, busy: busy, formerNames: formerNames,
                observations: observations.values.sorted { $0.key.id < $1.key.id }, now: now),
            settings: settings, isForced: isForced)
        for key in sweep.record.forgotten { observations[key] = nil }
        for observation in sweep.record.kept { observations[observation.key] = observation }
        for change in sweep.record.changes {
            live = live.map { $0.id == change.instance.id ? change.instance : $0 }
        }
        now = now + .seconds(60)
        return sweep
    }

    mutating func sweeps(_ count: Int) -> [Finding.Action] {
        (0..<count).compactMap { _ in sweep().findings.first?.action }
    }
}

private func instance(
    _ number: Int, of kind: InstanceKindDefinition = Agents.kind, phase: Phase = .running, server: String? = nil
) -> Instance {
    var instance = Instance(
        of: kind, id: InstanceID("01a1fbc6-5349-7ee0-a04c-00000000000\(number)"), tenant: Tenant.default,
        name: "ada\(number)",
        region: "eu-central", size: "small", change: ChangeID("change-1"), createdAt: start)
    instance.phase = phase
    if let server {
        instance.server = ServerFacts(
            id: server, name: instance.resourceName, address: "192.0.2.1", location: "fsn1", type: "cx22")
    }
    return instance
}

private func server(_ id: String, of instance: Instance, name: String? = nil, isOn: Bool = true) -> Resource {
    Resource(
        key: Observation.Key(kind: .server, id: id), name: name ?? instance.resourceName, instance: instance.id,
        isOn: isOn,
        facts: [
            "id": .string(id), "name": .string(name ?? instance.resourceName), "address": "192.0.2.1",
            "location": "fsn1", "type": "cx22",
        ])
}

@Suite struct SweepTests {
    @Test func ownedResourcesAreNotTouched() {
        let ada = instance(1, server: "1")
        var scene = Scene(servers: [server("1", of: ada)], live: [ada])
        scene.keys = [Resource(key: .init(kind: .key, id: "7"), name: ada.resourceName, instance: ada.id)]
        scene.devices = [Resource(key: .init(kind: .device, id: "n1"), name: ada.resourceName)]
        let sweep = scene.sweep()
        #expect((sweep.owned, sweep.findings, sweep.record.isEmpty) == (3, [], true))
    }

    @Test func resourcesOfABusyInstanceAreNotJudged() {
        let ada = instance(1, phase: .provisioning)
        var scene = Scene(servers: [server("1", of: ada)], live: [ada], busy: [ada.id])
        #expect(scene.sweep().busy == 1)
        scene.servers = []
        scene.live = [instance(1, phase: .suspending, server: "1")]
        #expect(scene.sweep().findings.isEmpty)
    }

    @Test func aMachineUnknownToItsInstanceIsAdopted() throws {
        let ada = instance(1, phase: .degraded)
        var scene = Scene(servers: [server("1", of: ada)], live: [ada])
        let sweep = scene.sweep()
        #expect(sweep.findings.map(\.action) == [.adopted])
        let change = try #require(sweep.record.changes.first)
        #expect((change.instance.server?.id, change.seen) == ("1", ada.updatedAt))
        #expect(change.events.map(\.type) == [.resourceAdopted])
        #expect(scene.sweep().findings.isEmpty)
    }

    /// The provider sends no facts, or facts of a newer form. The machine is neither adopted nor an orphan.
    @Test(arguments: [nil, .null, ["id": 1], ["id": "1", "name": "ada"]] as [JSONValue?])
    func aMachineWhoseFactsCannotBeReadIsNotAdopted(_ facts: JSONValue?) {
        let ada = instance(1, phase: .degraded)
        var machine = server("1", of: ada)
        machine.facts = facts
        var scene = Scene(servers: [machine], live: [ada])
        for _ in 1...40 {
            let sweep = scene.sweep()
            #expect(sweep.findings.map(\.verdict) == [.unknown])
            #expect(sweep.findings.map(\.action) == [.none])
            #expect(sweep.findings.map(\.reason) == ["its facts cannot be recorded in ada1"])
            #expect(sweep.record.isEmpty)
        }
        #expect(scene.live == [ada])
    }

    /// An orphan is observed twice, switched off, kept for the grace period and then deleted. It can be a machine
    /// without an instance, a machine of a failed provision, or an older machine of an instance that has another one.
    @Test(arguments: [[], [instance(1, phase: .failed)], [instance(1, server: "2")]])
    func anOrphanIsQuarantinedAndReapedAfterTheGrace(_ live: [Instance]) {
        let orphan = server("1", of: instance(1), name: "aura-ada1-00000001-g0")
        var scene = Scene(servers: [orphan] + live.filter { $0.server != nil }.map { server("2", of: $0) }, live: live)
        #expect(scene.sweep().findings.map(\.action) == [.none])
        let second = scene.sweep()
        #expect(second.findings.map(\.action) == [.quarantined])
        #expect(second.quarantines.map(\.resource.key.id) == ["1"])
        #expect(second.record.events.map(\.type) == [.resourceQuarantined, .alertRaised])
        scene.servers[0].isOn = false
        #expect(scene.sweeps(29).allSatisfy { $0 == .none })
        let last = scene.sweep()
        #expect(last.findings.map(\.action) == [.reaped])
        #expect(last.reaps.map(\.resource.key.id) == ["1"])
        scene.servers.removeFirst()
        #expect(scene.sweep().findings.isEmpty)
        #expect(scene.observations.isEmpty)
    }

    @Test func anOrphanThatIsOnAgainIsSwitchedOffAgainWithoutAnotherAlert() {
        var scene = Scene(servers: [server("1", of: instance(1))])
        #expect(scene.sweeps(2) == [.none, .quarantined])
        let again = scene.sweep()
        #expect(again.findings.map(\.action) == [.quarantined])
        #expect(again.record.events.isEmpty)
    }

    @Test func anOrphanWhoseInstanceAppearsIsForgotten() {
        let ada = instance(1)
        var scene = Scene(servers: [server("1", of: ada)])
        _ = scene.sweep()
        scene.live = [ada]
        scene.busy = [ada.id]
        _ = scene.sweep()
        #expect(scene.observations.isEmpty)
    }

    /// An inventory that fails proves nothing and removes no observation.
    @Test func aFailedInventoryChangesNoObservation() {
        let ada = instance(1, server: "1")
        var scene = Scene(servers: [server("2", of: instance(2))], live: [ada])
        _ = scene.sweep()
        let before = scene.observations
        scene.failure = Failure(.transient, code: "timeout", message: "no answer")
        for _ in 1...5 { #expect(scene.sweep().findings.isEmpty) }
        #expect(scene.observations == before)
    }

    @Test func limitsOfASweepDeferTheRest() {
        var scene = Scene(servers: (1...3).map { server("\($0)", of: instance($0)) })
        _ = scene.sweep()
        #expect(scene.sweep().findings.map(\.action) == [.quarantined, .quarantined, .deferred])
        #expect(scene.sweep().findings.map(\.action) == [.quarantined, .quarantined, .deferred])
        scene.servers = scene.servers.map { server($0.key.id, of: instance(1), name: $0.name, isOn: false) }
        #expect(scene.sweep().findings.map(\.action) == [.none, .none, .quarantined])
        scene.now = scene.now + grace
        #expect(scene.sweep().findings.map(\.action) == [.reaped, .deferred, .deferred])
    }

    /// A restored database does not know the machines that were created after its backup.
    @Test func orphansAreNotTouchedWithoutForceIfMostMachinesAreOrphans() {
        var scene = Scene(servers: (1...4).map { server("\($0)", of: instance($0)) })
        #expect(scene.sweep().record.events.isEmpty)
        let second = scene.sweep()
        #expect(second.findings.map(\.action) == [.deferred, .deferred, .deferred, .deferred])
        #expect(second.record.events.map(\.type) == [.alertRaised])
        #expect(scene.sweep().record.events.isEmpty)
        scene.isForced = true
        #expect(scene.sweep().quarantines.count == 2)
    }

    @Test func aKeyIsReapedAfterTheGrace() {
        var scene = Scene()
        scene.keys = [
            Resource(key: .init(kind: .key, id: "7"), name: "aura-ada1-00000001-g1", instance: instance(1).id)
        ]
        #expect(scene.sweeps(30).allSatisfy { $0 == .none })
        #expect(scene.sweep().reaps.map(\.resource.key.id) == ["7"])
    }

    /// Devices have no labels. A device belongs to this installation only if its name is known from a row or from a
    /// label.
    @Test func devicesAreOrphansOnlyIfTheirNameIsKnown() {
        var ada = instance(1)
        ada.generation = 2
        ada.tailnet = TailnetFacts(nodeId: "present", name: "ada", addresses: [])
        let names = [
            ("present", ada.resourceName), ("former", ada.resourceName), ("older", ada.resourceName(generation: 1)),
            ("gone", "aura-bob-12345678-g1"), ("stranger", "aura-eve-12345678-g1"),
        ]
        var scene = Scene(live: [ada], formerNames: ["aura-bob-12345678-g1"])
        scene.devices = names.map { Resource(key: .init(kind: .device, id: $0.0), name: $0.1) }
        let sweep = scene.sweep()
        #expect(sweep.owned == 1)
        #expect(sweep.findings.map(\.id) == ["former", "older", "gone", "stranger"])
        #expect(sweep.findings.map(\.verdict) == [.orphan, .orphan, .orphan, .foreign])
        for _ in 1...40 { _ = scene.sweep() }
        #expect(scene.observations.keys.map(\.id).sorted() == ["former", "gone", "older"])
    }

    @Test(arguments: [
        "laptop", "aura-", "aura-x-g1", "aura-ada-1234567z-g1", "aura-ada-12345678-gx", "aura-ada-12345678",
    ])
    func foreignNamesAreNotParsedAsResourceNames(_ name: String) {
        #expect(ResourceName(name) == nil)
    }

    /// A newer daemon may give an instance of another kind resources of a kind that this daemon lists.
    @Test func resourcesOfAnInstanceOfAnotherKindAreNotJudged() {
        let worker = instance(1, of: .test(InstanceKind(rawValue: "worker")))
        var scene = Scene(servers: [server("1", of: worker)], live: [worker])
        scene.devices = [Resource(key: .init(kind: .device, id: "n1"), name: worker.resourceName)]
        for _ in 1...3 {
            let sweep = scene.sweep()
            #expect((sweep.busy, sweep.owned, sweep.findings) == (2, 0, []))
        }
        #expect(scene.observations.isEmpty)
    }

    /// Many owned resources of another kind do not hide that the database does not know the machines.
    @Test func ownersOfOneKindProveNothingForAnotherKind() {
        let owners = (1...9).map { instance($0) }
        var keys = KeySource.traits
        keys.essential = ResourceTraits.Essential(phases: [], lostCode: "keyLost", driftCode: "keyDrift")
        let strangers = (1...4).map { number in
            server("\(number)", of: instance(number), name: "aura-x-0000000\(number)-g1").withoutInstance
        }
        let input = SweepInput(
            inventories: [
                Inventory(traits: ServerSource.traits, resources: strangers),
                Inventory(
                    traits: keys,
                    resources: owners.map {
                        Resource(key: .init(kind: .key, id: $0.name), name: $0.resourceName, instance: $0.id)
                    }),
            ], live: owners, busy: [],
            observations: strangers.map {
                Observation(key: $0.key, finding: .orphan, name: $0.name, instance: nil, since: start)
            }, now: start + .seconds(60))
        let plan = ReconcilePlan(input: input, settings: ReconcilerSettings())
        #expect(plan.owned == 9)
        #expect(plan.findings.map(\.action) == [.deferred, .deferred, .deferred, .deferred])
        #expect(plan.quarantines.isEmpty)
    }
}

extension Resource {
    /// The resource as if its labels named no instance.
    fileprivate var withoutInstance: Resource {
        var resource = self
        resource.instance = nil
        return resource
    }
}

@Suite struct LostMachineTests {
    private func scene(_ count: Int) -> Scene {
        let live = (1...count).map { instance($0, server: "\($0)") }
        return Scene(servers: live.map { server($0.server?.id ?? "", of: $0) }, live: live)
    }

    @Test func aMachineMissingFromTwoInventoriesIsLost() {
        var scene = scene(2)
        scene.servers.removeFirst()
        #expect(scene.sweep().losses.isEmpty)
        #expect(scene.sweep().losses.map(\.instance.name) == ["ada1"])
    }

    @Test func aMachineThatIsListedAgainIsNotLost() {
        var scene = scene(2)
        let first = scene.servers.removeFirst()
        _ = scene.sweep()
        scene.servers.append(first)
        _ = scene.sweep()
        #expect(scene.observations.isEmpty)
        scene.servers.removeLast()
        #expect(scene.sweep().losses.isEmpty)
    }

    /// An empty inventory, or one that lacks most machines, is no proof. After five in a row, each missing machine is
    /// looked up by itself.
    @Test(arguments: [1, 4, 8]) func suspectInventoriesReportLossesOnlyAfterFiveInARow(_ count: Int) {
        var scene = scene(count)
        scene.servers = Array(scene.servers.prefix(count / 8))
        for turn in 1...4 {
            let sweep = scene.sweep()
            #expect(sweep.losses.isEmpty)
            #expect(sweep.record.events.map(\.type) == (turn == 3 ? [.alertRaised] : []))
        }
        #expect(scene.sweep().losses.count == count - count / 8)
    }

    /// Many machines are already known to be lost, so an inventory without them is not suspect.
    @Test func knownLossesDoNotMakeAnInventorySuspect() {
        var scene = scene(9)
        for index in 0..<7 {
            scene.live[index].phase = .degraded
            scene.live[index].failure = Failure(.permanent, code: "machineLost", message: "gone")
        }
        scene.servers.removeFirst(7)
        scene.servers.append(server("99", of: instance(1), name: "aura-ada1-00000001-g0"))
        #expect(scene.sweep().findings.contains { $0.verdict == .orphan })
        #expect(scene.sweep().findings.contains { $0.action == .quarantined })
    }

    @Test func aLostMachineIsNotReportedAgainAndCanBeFound() throws {
        var scene = scene(1)
        var lost = scene.live[0]
        lost.phase = .degraded
        lost.failure = Failure(.permanent, code: "machineLost", message: "gone")
        let servers = scene.servers
        scene.live = [lost]
        scene.servers = []
        for _ in 1...6 { #expect(scene.sweep().losses.isEmpty) }
        scene.servers = servers
        let sweep = scene.sweep()
        #expect(sweep.findings.map(\.verdict) == [.found])
        let found = try #require(sweep.record.changes.first)
        #expect((found.instance.phase, found.instance.failure) == (.running, nil))
        #expect(found.events.map(\.type) == [.instanceFound])
    }

    /// A machine that is found again moves its instance to the desired phase if its power state matches. Otherwise the
    /// instance is degraded, and its failure has the code for drift.
    @Test(arguments: [
        (DesiredState.running, true, Phase.running, nil), (.suspended, false, .suspended, nil),
        (.running, false, .degraded, "machineDrift"), (.suspended, true, .degraded, "machineDrift"),
    ])
    func aFoundMachineSetsTheDesiredPhaseOrReportsDrift(
        _ desired: DesiredState, isOn: Bool, phase: Phase, code: String?
    ) throws {
        var scene = scene(1)
        scene.live[0].phase = .degraded
        scene.live[0].desired = desired
        scene.live[0].failure = Failure(.permanent, code: "machineLost", message: "gone")
        scene.servers[0].isOn = isOn
        let found = try #require(scene.sweep().record.changes.first).instance
        #expect((found.phase, found.failure?.code) == (phase, code))
    }

    @Test func aMachineWhosePowerStateDiffersIsReportedAsDrift() {
        var scene = scene(1)
        scene.servers[0].isOn = false
        #expect(scene.sweep().findings.map(\.verdict) == [.drift])
        scene.live[0].phase = .suspended
        #expect(scene.sweep().findings.isEmpty)
        scene.servers[0].isOn = true
        #expect(scene.sweep().findings.map(\.verdict) == [.drift])
    }
}
