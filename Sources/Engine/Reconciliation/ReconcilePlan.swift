import AuraModel
import JSON
import Storage

/// Compares the listed resources with the rows and plans the changes. It is a value and does no IO.
///
///     listed, owner knows it ─▶ owned
///     listed, owner lacks it ─▶ adopt
///     listed, no owner ──────▶ observed ─▶ (2 inventories) quarantined ─▶ (grace) reaped
///     owned, not listed ─────▶ observed ─▶ (2 inventories) lost
///
/// A kind of resource is essential if an instance cannot be without it, such as the machine of an agent. An inventory
/// of an essential kind is suspect if it is empty, or lacks more than three and more than half of the expected
/// resources. A missing resource then counts as lost only after ``suspectListingsNeeded`` suspect inventories in a row.
/// If most listed resources of an essential kind are orphans, the database may be an old backup. No orphan is then
/// touched until a sweep with `isForced`.
struct ReconcilePlan {
    /// The number of suspect inventories in a row after which a missing resource counts as lost.
    static let suspectListingsNeeded = 5
    static let suspectListingsBeforeAlert = 3
    /// The largest number of missing or orphaned resources of an essential kind that causes no suspicion.
    static let fewResources = 3
    static let manyOrphansCode = "manyOrphans"

    /// A resource that must be switched off or deleted now.
    struct Due: Sendable {
        var resource: Resource
        /// The index of its finding.
        var finding: Int
        var observation: Observation
        var reason: String
    }

    /// An essential resource that its provider does not list any more.
    struct Loss: Sendable {
        var instance: Instance
        var resource: Resource
        /// The index of its finding.
        var finding: Int
    }

    let input: SweepInput
    let settings: ReconcilerSettings
    let isForced: Bool
    private(set) var record = SweepRecord()
    private(set) var findings: [Finding] = []
    private(set) var owned = 0
    private(set) var busy = 0
    /// The resources to quarantine now. The executor cuts their power once the record is written.
    private(set) var quarantines: [Due] = []
    private(set) var reaps: [Due] = []
    /// Resources that are due but exceed the limit of one run. If the deletion of one of ``reaps`` fails, the executor
    /// deletes one of these instead.
    private(set) var spareReaps: [Due] = []
    private(set) var losses: [Loss] = []

    private let ownership: Ownership
    private let traits: [ResourceKind: ResourceTraits]
    private let former: [Observation.Key: Observation]
    private let mayBeOldDatabase: Bool

    init(input: SweepInput, settings: ReconcilerSettings, isForced: Bool = false) {
        self.input = input
        self.settings = settings
        self.isForced = isForced
        let listed = input.inventories.flatMap(\.resources)
        let traits = input.inventories.map(\.traits)
        self.traits = Dictionary(uniqueKeysWithValues: traits.map { ($0.kind, $0) })
        let rows = Ownership(of: traits, live: input.live, busy: input.busy, unreadable: input.unreadable)
        let orphans = listed.filter { if case .orphan = rows.judge($0) { true } else { false } }
        // A labelled resource proves that a resource without labels and with the same name is Aura's.
        let labelled = Set(traits.filter { $0.identification == .labels }.map(\.kind))
        let orphanNames = Set(orphans.map(\.name)).union(
            input.observations.filter { labelled.contains($0.key.kind) }.map(\.name))
        ownership = Ownership(
            of: traits, live: input.live, busy: input.busy, unreadable: input.unreadable,
            formerNames: input.formerNames.union(orphanNames))
        former = Dictionary(uniqueKeysWithValues: input.observations.map { ($0.key, $0) })
        // Each essential kind is counted separately: owned resources of another kind prove nothing.
        mayBeOldDatabase = traits.contains { traits in
            let count = { (resources: [Resource]) in resources.count { $0.key.kind == traits.kind } }
            return traits.essential != nil && count(orphans) > Self.fewResources && count(orphans) * 2 > count(listed)
        }
        judge()
    }

    /// True if the inventory is so incomplete that a missing resource proves nothing.
    func isSuspect(_ inventory: Inventory) -> Bool {
        guard let essential = inventory.traits.essential, inventory.failure == nil else { return false }
        // A resource that is known to be lost is missing from every inventory.
        let expected = expected(of: inventory.traits).filter { $0.owner.failure?.code != essential.lostCode }
        let ids = Set(inventory.resources.map(\.key.id))
        let missing = expected.count { !ids.contains($0.id) }
        if inventory.resources.isEmpty { return !expected.isEmpty }
        return missing > Self.fewResources && missing * 2 > expected.count
    }

    /// The instances that must have a resource of this kind, with the id that each records.
    private func expected(of traits: ResourceTraits) -> [(owner: Instance, id: String)] {
        guard let essential = traits.essential, let recordedID = traits.recordedID else { return [] }
        return input.live.compactMap { instance in
            guard instance.kind == traits.instanceKind, essential.phases.contains(instance.phase),
                !input.busy.contains(instance.id), !input.unreadable.contains(instance.id),
                let id = recordedID(instance)
            else { return nil }
            return (instance, id)
        }
    }

    private func hasPower(_ kind: ResourceKind) -> Bool { traits[kind]?.hasPower ?? false }
}

// MARK: - Verdicts

extension ReconcilePlan {
    private mutating func judge() {
        for inventory in input.inventories where inventory.failure == nil {
            let isSuspect = isSuspect(inventory)
            note(isSuspect, inventory)
            for resource in inventory.resources { judge(resource, isSuspect: isSuspect) }
            if inventory.traits.essential != nil { judgeMissing(from: inventory, isSuspect: isSuspect) }
            if !isSuspect { forget(inventory) }
        }
        chooseReaps()
    }

    /// Splits the due deletions at the limit. Resources with failed deletions come last, so that they do not use up the
    /// limit.
    private mutating func chooseReaps() {
        let inOrder = reaps.enumerated().sorted { left, right in
            (left.element.observation.failures ?? 0, left.offset) < (
                right.element.observation.failures ?? 0, right.offset
            )
        }.map(\.element)
        reaps = Array(inOrder.prefix(settings.reapsPerRun))
        spareReaps = Array(inOrder.dropFirst(settings.reapsPerRun))
        for due in spareReaps {
            findings[due.finding].action = .deferred
            findings[due.finding].reason = "\(due.reason); this run's deletions are used up"
        }
    }

    private mutating func judge(_ resource: Resource, isSuspect: Bool) {
        switch ownership.judge(resource) {
        case .notOurs: return
        case .busy: busy += 1
        case .owned:
            owned += 1
            compare(resource)
        case .foreign:
            add(.foreign, resource, .none, "its name looks like ours, and no row of ours knows it: it is never touched")
        case .unknown(let owner): adopt(resource, owner)
        case .orphan(let reason):
            if isSuspect {
                add(.orphan, resource, .none, "\(reason); the listing is suspect, so nothing is concluded")
                if let before = former[resource.key] { keep(before) }
            } else {
                sight(resource, reason: reason)
            }
        }
    }

    /// Checks an owned resource of an essential kind. If the resource had counted as lost, clears that failure of its
    /// instance. Reports a power state that differs from the phase of the instance.
    private mutating func compare(_ resource: Resource) {
        guard let owner = ownership.owner(of: resource), let traits = traits[resource.key.kind],
            let essential = traits.essential
        else { return }
        if owner.failure?.code == essential.lostCode {
            var instance = owner
            instance.failure = nil
            if resource.isOn == (owner.desired == .running) {
                instance.phase = resource.isOn ? .running : .suspended
            } else {
                // The instance stays degraded; the message names the operation that leads to the desired state.
                let (state, operation) = resource.isOn ? ("on", "suspend") : ("off", "resume")
                instance.failure = Failure(
                    .permanent, code: essential.driftCode,
                    message: "the \(traits.noun) is there again, but it is \(state): \(operation) \(owner.name)")
            }
            instance.updatedAt = input.now
            change(
                instance, from: owner, resource,
                [(.instanceFound, "the \(traits.noun) of \(owner.name) is there again")])
            return add(.found, resource, .marked, "it was lost, and is listed again")
        }
        guard traits.hasPower else { return }
        if owner.phase == .running, !resource.isOn {
            add(.drift, resource, .none, "\(owner.name) is running, and its \(traits.noun) is off: restart it")
        } else if owner.phase == .suspended, resource.isOn {
            add(.drift, resource, .none, "\(owner.name) is suspended, and its \(traits.noun) is on")
        }
    }

    private mutating func adopt(_ resource: Resource, _ owner: Instance) {
        guard let traits = traits[resource.key.kind], let record = traits.record else { return }
        var instance = owner
        guard record(resource, &instance) else {
            return add(.unknown, resource, .none, "its facts cannot be recorded in \(owner.name)")
        }
        instance.updatedAt = input.now
        change(
            instance, from: owner, resource,
            [(.resourceAdopted, "\(resource.name) is the \(traits.noun) of \(owner.name)")])
        add(
            .unknown, resource, .adopted,
            "\(owner.name) has no other \(traits.noun), and this carries its labels and name")
    }

    private mutating func judgeMissing(from inventory: Inventory, isSuspect: Bool) {
        let ids = Set(inventory.resources.map(\.key.id))
        let traits = inventory.traits
        for (instance, id) in expected(of: traits) where !ids.contains(id) {
            let resource = Resource(
                key: Observation.Key(kind: traits.kind, id: id), name: instance.resourceName, instance: instance.id)
            let observation = next(resource, .missing)
            keep(observation)
            let needed = isSuspect ? Self.suspectListingsNeeded : settings.listingsNeeded
            if instance.failure?.code == traits.essential?.lostCode {
                add(.lost, resource, .none, "it does not exist any more, and \(instance.name) says so", observation)
            } else if observation.listings < needed {
                add(.lost, resource, .none, "missing from \(observation.listings) of \(needed) listings", observation)
            } else {
                losses.append(Loss(instance: instance, resource: resource, finding: findings.count))
                add(.lost, resource, .marked, "missing from \(observation.listings) listings in a row", observation)
            }
        }
    }
}

// MARK: - Orphans

extension ReconcilePlan {
    private mutating func sight(_ resource: Resource, reason: String) {
        var observation = next(resource, .orphan)
        defer { keep(observation) }
        if observation.listings < settings.listingsNeeded {
            let words = "\(reason); seen in \(observation.listings) of \(settings.listingsNeeded) listings"
            return add(.orphan, resource, .none, words, observation)
        }
        if mayBeOldDatabase, !isForced {
            if observation.listings == settings.listingsNeeded { warnOfOldDatabase(resource) }
            return add(
                .orphan, resource, .deferred,
                "\(reason); most of what is listed has no owner, as after an old backup: look, then run with force",
                observation)
        }
        if hasPower(resource.key.kind), observation.quarantinedAt == nil || (resource.isOn && !isDue(observation)) {
            return quarantine(resource, reason, &observation)
        }
        guard isDue(observation) else {
            let left = graceStart(observation) + settings.grace
            return add(.orphan, resource, .none, "\(reason); it is deleted after \(left)", observation)
        }
        if isBackingOff(resource, reason, observation) { return }
        reap(resource, reason, observation)
    }

    /// Raises an alert that the database may be an old backup, at most once per sweep.
    private mutating func warnOfOldDatabase(_ resource: Resource) {
        let isSaid = record.events.contains { $0.data?["code"] == .string(Self.manyOrphansCode) }
        guard !isSaid else { return }
        let message =
            "most of what is listed has no owner, as after an old backup was restored: look, then run reconcile with force"
        record.events.append(event(.alertRaised, resource, message, message, code: Self.manyOrphansCode))
    }

    /// Plans to cut the power of a resource. A resource that was switched on again is quarantined again.
    private mutating func quarantine(_ resource: Resource, _ reason: String, _ observation: inout Observation) {
        if isBackingOff(resource, reason, observation) { return }
        guard quarantines.count < settings.quarantinesPerRun else {
            return add(.orphan, resource, .deferred, "\(reason); this run's quarantines are used up", observation)
        }
        if observation.quarantinedAt == nil {
            observation.quarantinedAt = input.now
            let message = "\(resource.name) (\(resource.key.id)) is nobody's: its power is cut, and it is deleted later"
            record.events.append(event(.resourceQuarantined, resource, message, reason))
            record.events.append(event(.alertRaised, resource, message, reason, code: "orphan"))
        }
        quarantines.append(Due(resource: resource, finding: findings.count, observation: observation, reason: reason))
        add(.orphan, resource, .quarantined, reason, observation)
    }

    private mutating func reap(_ resource: Resource, _ reason: String, _ observation: Observation) {
        reaps.append(Due(resource: resource, finding: findings.count, observation: observation, reason: reason))
        add(.orphan, resource, .reaped, reason, observation)
    }

    /// Returns true, and adds a finding, if the last attempt failed and the next one is not due. Failed attempts back
    /// off, so that other resources are tried.
    private mutating func isBackingOff(_ resource: Resource, _ reason: String, _ observation: Observation) -> Bool {
        guard let retryAt = observation.retryAt, input.now < retryAt else { return false }
        let words = "\(reason); \(observation.failures ?? 0) tries failed, the next is due after \(retryAt)"
        add(.orphan, resource, .deferred, words, observation)
        return true
    }

    private func graceStart(_ observation: Observation) -> Timestamp { observation.quarantinedAt ?? observation.since }

    private func isDue(_ observation: Observation) -> Bool {
        if hasPower(observation.key.kind), observation.quarantinedAt == nil { return false }
        return input.now >= graceStart(observation) + settings.grace
    }
}

// MARK: - Observations, findings and events

extension ReconcilePlan {
    /// Returns the observation as of this sweep. If the previous observation has the same finding, the number of
    /// inventories increases by one.
    private func next(_ resource: Resource, _ finding: Observation.Finding) -> Observation {
        guard var before = former[resource.key], before.finding == finding else {
            return Observation(
                key: resource.key, finding: finding, name: resource.name, instance: resource.instance, since: input.now)
        }
        before.listings += 1
        return before
    }

    private mutating func keep(_ observation: Observation) {
        record.kept.append(observation)
    }

    /// Deletes the observations of the inventory's kind that this sweep did not confirm.
    private mutating func forget(_ inventory: Inventory) {
        let kept = Set(record.kept.map(\.key))
        record.forgotten += input.observations.map(\.key).filter { $0.kind == inventory.kind && !kept.contains($0) }
    }

    private mutating func note(_ isSuspect: Bool, _ inventory: Inventory) {
        guard isSuspect else { return }
        let resource = Resource(
            key: Observation.Key(kind: inventory.kind, id: Observation.listing), name: Observation.listing)
        let observation = next(resource, .suspectListing)
        keep(observation)
        guard observation.listings == Self.suspectListingsBeforeAlert else { return }
        let message =
            "the provider listed \(inventory.resources.count) \(inventory.kind.rawValue)s \(observation.listings) times in a row, "
            + "far fewer than there should be: is this the right project?"
        record.events.append(event(.alertRaised, resource, message, message, code: "listingSuspect"))
    }

    private mutating func add(
        _ verdict: Finding.Verdict, _ resource: Resource, _ action: Finding.Action, _ reason: String,
        _ observation: Observation? = nil
    ) {
        findings.append(
            Finding(
                verdict: verdict, kind: resource.key.kind, id: resource.key.id, name: resource.name,
                instance: resource.instance, action: action, reason: reason, since: observation?.since))
    }

    private mutating func change(
        _ instance: Instance, from seen: Instance, _ resource: Resource, _ said: [(EventType, String)]
    ) {
        let events = said.map { type, message in
            SweepEvents.draft(type, message, of: instance, resource.key, at: input.now)
        }
        record.changes.append(SweepRecord.Change(instance: instance, seen: seen.updatedAt, events: events))
    }

    private func event(
        _ type: EventType, _ resource: Resource, _ message: String, _ reason: String, code: String? = nil
    ) -> EventDraft {
        SweepEvents.draft(type, message, of: resource, reason: reason, code: code, at: input.now)
    }
}
