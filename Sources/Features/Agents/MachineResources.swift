import AuraModel
import DriverKit
import JSON
import Reconciliation
import Storage

/// The machines of agents at the compute provider.
struct ServerSource: ResourceSource {
    let compute: any ComputeDriver
    let installation: String

    var traits: ResourceTraits { Self.traits }

    static let traits = ResourceTraits(
        kind: .server, instanceKind: .agent, noun: "machine", identification: .labels,
        recordedID: { $0.server?.id },
        record: { resource, instance in
            guard let facts = resource.facts,
                let server = try? JSONValueDecoder().decode(ServerFacts.self, from: facts)
            else { return false }
            instance.server = server
            return true
        },
        essential: ResourceTraits.Essential(
            phases: [.running, .suspended, .degraded], lostCode: "machineLost", driftCode: "machineDrift"),
        hasPower: true)

    func inventory() async throws -> [Resource] {
        try await compute.servers(labels: Labels.owned(by: installation)).map { try Resource($0) }
    }

    func current(_ resource: Resource) async throws -> Resource? {
        guard let server = try await compute.server(id: resource.key.id),
            Labels.areOwned(server.labels, by: installation)
        else { return nil }
        return try Resource(server)
    }

    func exists(_ resource: Resource) async throws -> Bool { try await compute.server(id: resource.key.id) != nil }

    func find(for instance: Instance) async throws -> [FoundResource] {
        guard let found = try await compute.server(named: instance.resourceName) else { return [] }
        return [
            FoundResource(
                id: found.id, name: found.name, state: found.status.rawValue,
                isOurs: Labels.mark(found.labels, as: instance, of: installation))
        ]
    }

    func powerOff(_ resource: Resource) async throws { _ = try await compute.powerOff(serverID: resource.key.id) }

    func delete(_ resource: Resource) async throws { _ = try await compute.deleteServer(id: resource.key.id) }
}

/// The SSH keys of agents' machines at the compute provider.
struct KeySource: ResourceSource {
    let compute: any ComputeDriver
    let installation: String

    var traits: ResourceTraits { Self.traits }

    static let traits = ResourceTraits(
        kind: .key, instanceKind: .agent, noun: "SSH key", identification: .labels)

    func inventory() async throws -> [Resource] {
        try await compute.keys(labels: Labels.owned(by: installation)).map(Resource.init)
    }

    func current(_ resource: Resource) async throws -> Resource? {
        guard let key = try await compute.key(named: resource.name), key.id == resource.key.id,
            Labels.areOwned(key.labels, by: installation)
        else { return nil }
        return Resource(key)
    }

    func find(for instance: Instance) async throws -> [FoundResource] {
        guard let found = try await compute.key(named: instance.resourceName) else { return [] }
        return [
            FoundResource(
                id: found.id, name: found.name, state: nil,
                isOurs: Labels.mark(found.labels, as: instance, of: installation))
        ]
    }

    func delete(_ resource: Resource) async throws { try await compute.deleteKey(id: resource.key.id) }
}

/// The devices of agents' machines in the tailnet. Devices have tags but no labels, so the host name identifies the
/// instance.
struct DeviceSource: ResourceSource {
    let network: any NetworkDriver

    var traits: ResourceTraits { Self.traits }

    static let traits = ResourceTraits(
        kind: .device, instanceKind: .agent, noun: "node", identification: .name,
        recordedID: { $0.tailnet?.nodeId })

    func inventory() async throws -> [Resource] {
        try await network.devices().compactMap { Resource($0, tags: network.machineTags) }
    }

    func current(_ resource: Resource) async throws -> Resource? {
        guard let device = try await network.device(nodeID: resource.key.id),
            let present = Resource(device, tags: network.machineTags), present.name == resource.name
        else { return nil }
        return present
    }

    func find(for instance: Instance) async throws -> [FoundResource] {
        try await network.devices(hostname: instance.resourceName).map { device in
            FoundResource(
                id: device.nodeID, name: device.name, state: nil, isOurs: device.carries(network.machineTags))
        }
    }

    func delete(_ resource: Resource) async throws { try await network.deleteDevice(nodeID: resource.key.id) }
}

extension Resource {
    init(_ server: Server) throws {
        self.init(
            key: Observation.Key(kind: .server, id: server.id), name: server.name,
            instance: server.labels[Labels.instance].map { InstanceID($0) }, isOn: server.status != .off,
            isDeleting: server.status == .deleting, facts: try JSONValueEncoder().encode(ServerFacts(server)))
    }

    init(_ key: ServerKey) {
        self.init(
            key: Observation.Key(kind: .key, id: key.id), name: key.name,
            instance: key.labels[Labels.instance].map { InstanceID($0) })
    }

    /// Converts a tailnet device. Returns `nil` unless the device belongs to this tailnet and has Aura's tags and a
    /// name of Aura's form. `NAME-1` counts as the name `NAME`.
    init?(_ device: NetworkDevice, tags: Set<String>) {
        guard device.carries(tags), let name = ResourceName.text(in: device.hostname) else { return nil }
        self.init(key: Observation.Key(kind: .device, id: device.nodeID), name: name)
    }
}
