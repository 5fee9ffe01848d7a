import AuraAPI
import AuraModel
import DriverKit

/// The resources that one provider call found, or the reason why the call failed.
struct Look: Sendable {
    var found: [ResourceView] = []
    var unseen: UnseenView?
}

/// Finds the resources that have an instance's outside name.
struct Outside {
    let services: MachineServices

    /// Looks for all kinds in parallel. A kind without a reply within `limit` is unseen.
    func look(at instance: Instance, atMost limit: Duration, time: any TimeSource) async -> [Look] {
        await withTaskGroup(of: (Int, Look).self) { group in
            for (index, kind) in kinds.enumerated() {
                group.addTask { (index, await look(kind, instance, atMost: limit, time: time)) }
            }
            var looks: [(Int, Look)] = []
            for await look in group { looks.append(look) }
            return looks.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private typealias Kind = (name: ResourceKind, find: @Sendable (Instance) async throws -> [ResourceView])

    private var kinds: [Kind] {
        [(.server, servers), (.key, keys)] + (services.network == nil ? [] : [(.device, devices)])
    }

    private func look(_ kind: Kind, _ instance: Instance, atMost limit: Duration, time: any TimeSource) async -> Look {
        do {
            return try await withThrowingTaskGroup(of: Look.self) { group in
                group.addTask { Look(found: try await kind.find(instance)) }
                group.addTask {
                    try await time.sleep(for: limit)
                    return Look(unseen: UnseenView(kind: Open(kind.name), reason: "no answer within \(limit)"))
                }
                defer { group.cancelAll() }
                return try await group.next() ?? Look()
            }
        } catch let failure as Failure {
            return Look(unseen: UnseenView(kind: Open(kind.name), reason: failure.message))
        } catch {
            return Look(unseen: UnseenView(kind: Open(kind.name), reason: "the look was broken off"))
        }
    }

    private func servers(_ instance: Instance) async throws -> [ResourceView] {
        guard let found = try await services.compute.server(named: instance.outsideName) else { return [] }
        return [
            ResourceView(
                kind: .server, id: found.id, name: found.name, state: found.status.rawValue,
                ours: Labels.mark(found.labels, as: instance, of: services.installation))
        ]
    }

    private func keys(_ instance: Instance) async throws -> [ResourceView] {
        guard let found = try await services.compute.key(named: instance.outsideName) else { return [] }
        return [
            ResourceView(
                kind: .key, id: found.id, name: found.name, state: nil,
                ours: Labels.mark(found.labels, as: instance, of: services.installation))
        ]
    }

    private func devices(_ instance: Instance) async throws -> [ResourceView] {
        guard let network = services.network else { return [] }
        return try await network.devices(hostname: instance.outsideName).map { device in
            ResourceView(
                kind: .device, id: device.nodeID, name: device.name, state: nil,
                ours: device.carries(network.machineTags))
        }
    }
}
