import AuraModel
import Storage

/// The resources of one kind that a provider listed.
struct Inventory: Sendable {
    var traits: ResourceTraits
    var resources: [Resource] = []
    /// The failure of the provider. A failed inventory has no resources.
    var failure: Failure?

    var kind: ResourceKind { traits.kind }
}

/// The input of a sweep.
struct SweepInput: Sendable {
    var inventories: [Inventory]
    /// Instances that are not destroyed, of kinds with sources. They are read after the inventories, so that every
    /// listed resource has its row.
    var live: [Instance]
    /// Instances with an active job: queued, running, waiting or compensating.
    var busy: Set<InstanceID>
    /// Instances with a row or a job that cannot be read, or of a kind without sources here. The sweep does not change
    /// their resources, which may be owned.
    var unreadable: Set<InstanceID> = []
    /// Resource names of destroyed instances. Empty if no listed resource needs them.
    var formerNames: Set<String> = []
    var observations: [Observation]
    var now: Timestamp
}

/// Reads the input of a sweep: first the inventories, then the rows, so that every listed resource has its row.
struct SweepInputReader {
    let store: any InstanceStore & JobStore
    let sources: [any ResourceSource]
    let faults: RowFaults

    private static let page = 500

    func read(now: Timestamp) async throws -> SweepInput {
        let inventories = await inventories()
        let known = Set(sources.map(\.traits.instanceKind))
        let instances = try await instances(includingDestroyed: false)
        // The sweep does not know which resources an instance of an unknown kind has.
        let live = instances.rows.filter { known.contains($0.kind) }
        let strangers = instances.rows.filter { !known.contains($0.kind) }.map(\.id)
        let jobs = try await activeJobs()
        let observations = try await store.observations()
        faults.note(instances.unreadable + jobs.unreadable + observations.unreadable)
        return SweepInput(
            inventories: inventories, live: live, busy: Set(jobs.rows.map(\.instance)),
            unreadable: Set((instances.unreadable + jobs.unreadable).compactMap(\.instance) + strangers),
            formerNames: try await formerNames(inventories, live: live), observations: observations.rows, now: now)
    }

    private func inventories() async -> [Inventory] {
        var inventories: [Inventory] = []
        for source in sources { inventories.append(await inventory(source)) }
        return inventories
    }

    private func inventory(_ source: any ResourceSource) async -> Inventory {
        let traits = source.traits
        do {
            return Inventory(traits: traits, resources: try await source.inventory())
        } catch let failure as Failure {
            return Inventory(traits: traits, failure: failure)
        } catch {
            let failure = Failure(.transient, code: "interrupted", message: "the listing was interrupted")
            return Inventory(traits: traits, failure: failure)
        }
    }

    private func instances(includingDestroyed: Bool) async throws -> Page<Instance> {
        var found = Page<Instance>()
        var page: Page<Instance>
        repeat {
            page = try await store.instances(
                InstanceQuery(
                    scope: .all, includesDestroyed: includingDestroyed, after: found.last, limit: Self.page))
            found.entries += page.entries
        } while page.count == Self.page
        return found
    }

    private func activeJobs() async throws -> Page<Job> {
        var found = Page<Job>()
        var page: Page<Job>
        repeat {
            page = try await store.jobs(JobQuery(scope: .all, isActive: true, after: found.last, limit: Self.page))
            found.entries += page.entries
        } while page.count == Self.page
        return found
    }

    /// Reads destroyed instances only if a resource without labels has a name of Aura's form and no live owner, which
    /// is rare.
    private func formerNames(_ inventories: [Inventory], live: [Instance]) async throws -> Set<String> {
        let present = Set(live.map(\.resourceName))
        let named = inventories.filter { $0.traits.identification == .name }.flatMap(\.resources)
        guard named.contains(where: { !present.contains($0.name) }) else { return [] }
        let ended = try await instances(includingDestroyed: true).rows.filter { $0.phase == .destroyed }
        return Set(
            ended.flatMap { instance in (1...max(instance.generation, 1)).map { instance.resourceName(generation: $0) }
            }
        )
    }
}
