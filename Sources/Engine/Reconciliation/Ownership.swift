import AuraModel
import Storage

/// Finds the owner of each resource, from the rows of instances and jobs.
struct Ownership: Sendable {
    enum Verdict: Sendable, Hashable {
        case owned
        case busy
        /// The resource has the labels and the name of an instance that does not record it.
        case unknown(Instance)
        case orphan(reason: String)
        case foreign
        /// The resource has neither Aura's labels nor a name of Aura's form.
        case notOurs
    }

    private let traits: [ResourceKind: ResourceTraits]
    private let byID: [InstanceID: Instance]
    private let byName: [String: Instance]
    private let byRecordedID: [Observation.Key: Instance]
    private let busy: Set<InstanceID>
    private let unreadable: Set<InstanceID>
    /// Names that Aura used before: those of destroyed instances and of known orphans.
    private let formerNames: Set<String>

    init(
        of traits: [ResourceTraits], live: [Instance], busy: Set<InstanceID>, unreadable: Set<InstanceID> = [],
        formerNames: Set<String> = []
    ) {
        self.traits = Dictionary(uniqueKeysWithValues: traits.map { ($0.kind, $0) })
        byID = Dictionary(uniqueKeysWithValues: live.map { ($0.id, $0) })
        byName = Dictionary(live.map { ($0.resourceName, $0) }) { first, _ in first }
        let recorded = traits.flatMap { traits in
            live.compactMap { row in
                traits.recordedID?(row).map { (Observation.Key(kind: traits.kind, id: $0), row) }
            }
        }
        byRecordedID = Dictionary(recorded) { first, _ in first }
        self.busy = busy
        self.unreadable = unreadable
        self.formerNames = formerNames
    }

    func judge(_ resource: Resource) -> Verdict {
        if resource.isDeleting { return .busy }
        guard let traits = traits[resource.key.kind] else { return .notOurs }
        switch traits.identification {
        case .labels: return labelled(resource, traits)
        case .name: return named(resource, traits)
        }
    }

    /// Returns the live instance that is named in a resource's labels.
    func owner(of resource: Resource) -> Instance? { resource.instance.flatMap { byID[$0] } }

    private func labelled(_ resource: Resource, _ traits: ResourceTraits) -> Verdict {
        if let id = resource.instance, unreadable.contains(id) { return .busy }
        guard let id = resource.instance, let owner = byID[id] else {
            return .orphan(reason: "no instance of ours is \(resource.instance?.text ?? "named by its labels")")
        }
        // An instance of another kind: a newer daemon may give it resources of this kind.
        if owner.kind != traits.instanceKind || busy.contains(id) { return .busy }
        if owner.phase == .failed { return .orphan(reason: "the provision of \(owner.name) failed and was undone") }
        if traits.records(resource, in: owner) { return .owned }
        guard resource.name == owner.resourceName else {
            return .orphan(reason: "\(owner.name) has another \(resource.key.kind.rawValue) by now")
        }
        return .unknown(owner)
    }

    /// Judges a resource without labels by its name. A name is Aura's only if a row of the database or a labelled
    /// orphan has it.
    private func named(_ resource: Resource, _ traits: ResourceTraits) -> Verdict {
        guard let name = ResourceName(resource.name) else { return .notOurs }
        if unreadable.contains(where: name.isOf) { return .busy }
        // An id that a row records outweighs the name: a machine's root user may choose its device's name.
        if let holder = byRecordedID[resource.key], holder.resourceName != resource.name {
            return busy.contains(holder.id) ? .busy : .owned
        }
        if let owner = byName[resource.name] {
            if owner.kind != traits.instanceKind || busy.contains(owner.id) { return .busy }
            if owner.phase == .failed { return .orphan(reason: "the provision of \(owner.name) failed and was undone") }
            if let known = traits.recordedID?(owner), known != resource.key.id {
                return .orphan(reason: "\(owner.name) is another \(resource.key.kind.rawValue) by now")
            }
            return .owned
        }
        if let owner = byID.values.first(where: { name.isEarlier(of: $0) }) {
            if owner.kind != traits.instanceKind || busy.contains(owner.id) { return .busy }
            return .orphan(reason: "\(owner.name) has a newer machine")
        }
        return formerNames.contains(resource.name) ? .orphan(reason: "its instance is gone") : .foreign
    }
}
