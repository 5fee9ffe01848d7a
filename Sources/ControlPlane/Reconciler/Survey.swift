import AuraModel
import DriverKit
import Storage

/// Reads the input of a sweep: first the listings, then the rows, so that every listed resource has its row.
struct Survey {
    let store: any Store
    let services: MachineServices
    let faults: RowFaults

    private static let page = 500

    func view(now: Timestamp) async throws -> SweepView {
        let listings = await listings()
        let instances = try await instances(includingDestroyed: false)
        // The sweep does not know which resources an instance of an unknown kind has.
        let live = instances.rows.filter { InstanceKind.allCases.contains($0.kind) }
        let strangers = instances.rows.filter { !InstanceKind.allCases.contains($0.kind) }.map(\.id)
        let jobs = try await activeJobs()
        let sightings = try await store.sightings()
        faults.note(instances.unreadable + jobs.unreadable + sightings.unreadable)
        return SweepView(
            listings: listings, live: live, busy: Set(jobs.rows.map(\.instance)),
            unreadable: Set((instances.unreadable + jobs.unreadable).compactMap(\.instance) + strangers),
            formerNames: try await formerNames(listings, live: live), sightings: sightings.rows, now: now)
    }

    private func listings() async -> [Listing] {
        let labels = Labels.owned(by: services.installation)
        var listings = [
            await listing(.server) { try await services.compute.servers(labels: labels).map(Thing.init) },
            await listing(.key) { try await services.compute.keys(labels: labels).map(Thing.init) },
        ]
        if let network = services.network {
            listings.append(
                await listing(.device) {
                    try await network.devices().compactMap { Thing($0, tags: network.machineTags) }
                })
        }
        return listings
    }

    /// Returns one listing. If any page of it fails, the listing has no resources and holds the failure.
    private func listing(_ kind: ResourceKind, _ read: () async throws -> [Thing]) async -> Listing {
        do {
            return Listing(kind: kind, things: try await read())
        } catch let failure as Failure {
            return Listing(kind: kind, failure: failure)
        } catch {
            return Listing(
                kind: kind, failure: Failure(.transient, code: "interrupted", message: "the listing was broken off"))
        }
    }

    private func instances(includingDestroyed: Bool) async throws -> Page<Instance> {
        var found = Page<Instance>()
        var page: Page<Instance>
        repeat {
            page = try await store.instances(
                InstanceQuery(includesDestroyed: includingDestroyed, after: found.last, limit: Self.page))
            found.entries += page.entries
        } while page.count == Self.page
        return found
    }

    private func activeJobs() async throws -> Page<Job> {
        var found = Page<Job>()
        var page: Page<Job>
        repeat {
            page = try await store.jobs(JobQuery(isActive: true, after: found.last, limit: Self.page))
            found.entries += page.entries
        } while page.count == Self.page
        return found
    }

    /// Reads destroyed instances only if a device has a name of our form and no live owner, which is rare.
    private func formerNames(_ listings: [Listing], live: [Instance]) async throws -> Set<String> {
        let present = Set(live.map(\.outsideName))
        let hasStranger = listings.flatMap(\.things).contains { $0.key.kind == .device && !present.contains($0.name) }
        guard hasStranger else { return [] }
        let ended = try await instances(includingDestroyed: true).rows.filter { $0.phase == .destroyed }
        return Set(
            ended.flatMap { instance in (1...max(instance.generation, 1)).map { instance.outsideName(generation: $0) } }
        )
    }
}

extension Thing {
    init(_ server: Server) {
        self.init(
            key: Sighting.Key(kind: .server, id: server.id), name: server.name,
            instance: server.labels[Labels.instance].map { InstanceID($0) }, isOn: server.status != .off,
            isGoing: server.status == .deleting, server: ServerFacts(server))
    }

    init(_ key: ServerKey) {
        self.init(
            key: Sighting.Key(kind: .key, id: key.id), name: key.name,
            instance: key.labels[Labels.instance].map { InstanceID($0) })
    }

    /// Returns `nil` unless a device of this tailnet carries our tags and a name of our form. `NAME-1` counts as the name `NAME`.
    init?(_ device: NetworkDevice, tags: Set<String>) {
        guard device.carries(tags), let name = OutsideName.text(in: device.hostname) else { return nil }
        self.init(key: Sighting.Key(kind: .device, id: device.nodeID), name: name)
    }
}
