import AuraAPI
import AuraModel
import JSON
import Storage

/// Compares the listed resources with the rows and plans the changes. It is a value and does no IO.
///
///     listed, owner knows it ─▶ owned
///     listed, owner lacks it ─▶ adopt
///     listed, no owner ──────▶ sighted ─▶ (2 listings) quarantined ─▶ (grace) reaped
///     owned, not listed ─────▶ sighted ─▶ (2 listings) lost
///
/// A suspect listing is empty, or lacks more than half of the expected machines. A resource that it lacks proves nothing at
/// first. If most listed servers are orphans, the database may be an old backup. No orphan is then touched until a run with
/// `force`.
struct Sweep {
    /// The number of suspect listings in a row after which a missing machine counts as lost.
    static let suspectListingsNeeded = 5
    static let suspectListingsBeforeAlert = 3
    /// The largest number of missing machines, or of orphaned servers, that causes no suspicion.
    static let fewThings = 3
    static let lostCode = "machineLost"
    static let driftCode = "machineDrift"
    static let manyOrphansCode = "manyOrphans"

    /// A resource that must be switched off or deleted now.
    struct Due: Sendable {
        var thing: Thing
        /// The index of its finding.
        var finding: Int
        var sighting: Sighting
        var reason: String
    }

    let view: SweepView
    let settings: ReconcilerSettings
    let isForced: Bool
    private(set) var record = SweepRecord()
    private(set) var findings: [ReconcileFinding] = []
    private(set) var owned = 0
    private(set) var busy = 0
    /// Due now. The executor carries them out once the record is written.
    private(set) var quarantines: [Due] = []
    private(set) var reaps: [Due] = []
    /// Resources that are due but exceed the limit of one run. Each replaces one of ``reaps`` that cannot be deleted.
    private(set) var spareReaps: [Due] = []
    private(set) var losses: [(instance: Instance, finding: Int)] = []

    private let ownership: Ownership
    private let former: [Sighting.Key: Sighting]
    private let mayBeOldDatabase: Bool

    init(view: SweepView, settings: ReconcilerSettings, isForced: Bool = false) {
        self.view = view
        self.settings = settings
        self.isForced = isForced
        let listed = view.listings.flatMap(\.things)
        let rows = Ownership(live: view.live, busy: view.busy, unreadable: view.unreadable)
        let orphans = listed.filter { if case .orphan = rows.judge($0) { true } else { false } }
        // A labelled resource proves that a device with the same name is ours.
        let orphanNames = Set(orphans.map(\.name)).union(view.sightings.filter { $0.key.kind != .device }.map(\.name))
        ownership = Ownership(
            live: view.live, busy: view.busy, unreadable: view.unreadable,
            formerNames: view.formerNames.union(orphanNames))
        former = Dictionary(uniqueKeysWithValues: view.sightings.map { ($0.key, $0) })
        let servers = listed.filter { $0.key.kind == .server }
        let lone = orphans.filter { $0.key.kind == .server }
        mayBeOldDatabase = lone.count > Self.fewThings && lone.count * 2 > servers.count
        judge()
    }

    /// True if the listing is so incomplete that a missing machine proves nothing.
    func isSuspect(_ listing: Listing) -> Bool {
        guard listing.kind == .server, listing.failure == nil else { return false }
        // A machine that is known to be lost is missing from every listing.
        let expected = view.live.filter { shouldHaveMachine($0) && $0.failure?.code != Self.lostCode }
        let ids = Set(listing.things.map(\.key.id))
        let missing = expected.count { !ids.contains($0.server?.id ?? "") }
        if listing.things.isEmpty { return !expected.isEmpty }
        return missing > Self.fewThings && missing * 2 > expected.count
    }

    private func shouldHaveMachine(_ instance: Instance) -> Bool {
        instance.server != nil && !view.busy.contains(instance.id) && !view.unreadable.contains(instance.id)
            && [.running, .suspended, .degraded].contains(instance.phase)
    }
}

// MARK: - Verdicts

extension Sweep {
    private mutating func judge() {
        for listing in view.listings where listing.failure == nil {
            let isSuspect = isSuspect(listing)
            note(isSuspect, listing)
            for thing in listing.things { judge(thing, isSuspect: isSuspect) }
            if listing.kind == .server { judgeMissing(from: listing, isSuspect: isSuspect) }
            if !isSuspect { forget(listing) }
        }
        chooseReaps()
    }

    /// Splits the due deletions at the limit. Resources with failed deletions come last, so that they do not use up the
    /// limit.
    private mutating func chooseReaps() {
        let inOrder = reaps.enumerated().sorted { left, right in
            (left.element.sighting.failures ?? 0, left.offset) < (right.element.sighting.failures ?? 0, right.offset)
        }.map(\.element)
        reaps = Array(inOrder.prefix(settings.reapsPerRun))
        spareReaps = Array(inOrder.dropFirst(settings.reapsPerRun))
        for due in spareReaps {
            findings[due.finding].action = .deferred
            findings[due.finding].reason = "\(due.reason); this run's deletions are used up"
        }
    }

    private mutating func judge(_ thing: Thing, isSuspect: Bool) {
        switch ownership.judge(thing) {
        case .notOurs: return
        case .busy: busy += 1
        case .owned:
            owned += 1
            if thing.key.kind == .server { compare(thing) }
        case .foreign:
            add(.foreign, thing, .none, "its name looks like ours, and no row of ours knows it: it is never touched")
        case .unknown(let owner): adopt(thing, owner)
        case .orphan(let reason):
            if isSuspect {
                add(.orphan, thing, .none, "\(reason); the listing is suspect, so nothing is concluded")
                if let before = former[thing.key] { keep(before) }
            } else {
                sight(thing, reason: reason)
            }
        }
    }

    /// Checks an owned machine: ends its `machineLost` failure, and reports a power state that differs from its instance.
    private mutating func compare(_ thing: Thing) {
        guard let owner = ownership.owner(of: thing) else { return }
        if owner.failure?.code == Self.lostCode {
            var instance = owner
            instance.failure = nil
            if thing.isOn == (owner.desired == .running) {
                instance.phase = thing.isOn ? .running : .suspended
            } else {
                // The instance stays degraded; the message names the operation that leads to the desired state.
                let (state, operation) = thing.isOn ? ("on", "suspend") : ("off", "resume")
                instance.failure = Failure(
                    .permanent, code: Self.driftCode,
                    message: "the machine is there again, but it is \(state): \(operation) \(owner.name)")
            }
            instance.updatedAt = view.now
            change(instance, from: owner, [(.instanceFound, "the machine of \(owner.name) is there again")])
            return add(.found, thing, .marked, "it was lost, and is listed again")
        }
        if owner.phase == .running, !thing.isOn {
            add(.drift, thing, .none, "\(owner.name) is running, and its machine is off: restart it")
        } else if owner.phase == .suspended, thing.isOn {
            add(.drift, thing, .none, "\(owner.name) is suspended, and its machine is on")
        }
    }

    private mutating func adopt(_ thing: Thing, _ owner: Instance) {
        guard let facts = thing.server else { return }
        var instance = owner
        instance.server = facts
        instance.updatedAt = view.now
        change(instance, from: owner, [(.resourceAdopted, "\(thing.name) is the machine of \(owner.name)")])
        add(.unknown, thing, .adopted, "\(owner.name) has no other machine, and this carries its labels and name")
    }

    private mutating func judgeMissing(from listing: Listing, isSuspect: Bool) {
        let ids = Set(listing.things.map(\.key.id))
        for instance in view.live where shouldHaveMachine(instance) {
            guard let server = instance.server, !ids.contains(server.id) else { continue }
            let thing = Thing(
                key: Sighting.Key(kind: .server, id: server.id), name: server.name, instance: instance.id)
            let sighting = next(thing, .missing)
            keep(sighting)
            let needed = isSuspect ? Self.suspectListingsNeeded : settings.listingsNeeded
            if instance.failure?.code == Self.lostCode {
                add(.lost, thing, .none, "it does not exist any more, and \(instance.name) says so", sighting)
            } else if sighting.listings < needed {
                add(.lost, thing, .none, "missing from \(sighting.listings) of \(needed) listings", sighting)
            } else {
                losses.append((instance, findings.count))
                add(.lost, thing, .marked, "missing from \(sighting.listings) listings in a row", sighting)
            }
        }
    }
}

// MARK: - Orphans

extension Sweep {
    private mutating func sight(_ thing: Thing, reason: String) {
        var sighting = next(thing, .orphan)
        defer { keep(sighting) }
        if sighting.listings < settings.listingsNeeded {
            let words = "\(reason); seen in \(sighting.listings) of \(settings.listingsNeeded) listings"
            return add(.orphan, thing, .none, words, sighting)
        }
        if mayBeOldDatabase, !isForced {
            if sighting.listings == settings.listingsNeeded { warnOfOldDatabase(thing) }
            return add(
                .orphan, thing, .deferred,
                "\(reason); most machines are orphans, as after an old backup: look, then run with force", sighting)
        }
        if thing.key.kind == .server, sighting.quarantinedAt == nil || (thing.isOn && !isDue(sighting)) {
            return quarantine(thing, reason, &sighting)
        }
        guard isDue(sighting) else {
            let left = graceStart(sighting) + settings.grace
            return add(.orphan, thing, .none, "\(reason); it is deleted after \(left)", sighting)
        }
        if isBackingOff(thing, reason, sighting) { return }
        reap(thing, reason, sighting)
    }

    /// Adds the alert once a sweep, when the first orphans are due.
    private mutating func warnOfOldDatabase(_ thing: Thing) {
        let isSaid = record.events.contains { $0.data?["code"] == .string(Self.manyOrphansCode) }
        guard !isSaid else { return }
        let message =
            "most machines are nobody's, as after an old backup was restored: look, then run reconcile with force"
        record.events.append(event(.alertRaised, thing, message, message, code: Self.manyOrphansCode))
    }

    /// Plans to cut the power of a server. A server that was switched on again is quarantined again.
    private mutating func quarantine(_ thing: Thing, _ reason: String, _ sighting: inout Sighting) {
        if isBackingOff(thing, reason, sighting) { return }
        guard quarantines.count < settings.quarantinesPerRun else {
            return add(.orphan, thing, .deferred, "\(reason); this run's quarantines are used up", sighting)
        }
        if sighting.quarantinedAt == nil {
            sighting.quarantinedAt = view.now
            let message = "\(thing.name) (\(thing.key.id)) is nobody's: its power is cut, and it is deleted later"
            record.events.append(event(.resourceQuarantined, thing, message, reason))
            record.events.append(event(.alertRaised, thing, message, reason, code: "orphan"))
        }
        quarantines.append(Due(thing: thing, finding: findings.count, sighting: sighting, reason: reason))
        add(.orphan, thing, .quarantined, reason, sighting)
    }

    private mutating func reap(_ thing: Thing, _ reason: String, _ sighting: Sighting) {
        reaps.append(Due(thing: thing, finding: findings.count, sighting: sighting, reason: reason))
        add(.orphan, thing, .reaped, reason, sighting)
    }

    /// True if the last attempt failed and the next one is not due. Failed attempts back off, so that other resources are tried.
    private mutating func isBackingOff(_ thing: Thing, _ reason: String, _ sighting: Sighting) -> Bool {
        guard let retryAt = sighting.retryAt, view.now < retryAt else { return false }
        let words = "\(reason); \(sighting.failures ?? 0) tries failed, the next is due after \(retryAt)"
        add(.orphan, thing, .deferred, words, sighting)
        return true
    }

    private func graceStart(_ sighting: Sighting) -> Timestamp { sighting.quarantinedAt ?? sighting.since }

    private func isDue(_ sighting: Sighting) -> Bool {
        if sighting.key.kind == .server, sighting.quarantinedAt == nil { return false }
        return view.now >= graceStart(sighting) + settings.grace
    }
}

// MARK: - Sightings, findings and events

extension Sweep {
    /// Returns the sighting as of now. If the former one had the same finding, it counts one more listing.
    private func next(_ thing: Thing, _ finding: Sighting.Finding) -> Sighting {
        guard var before = former[thing.key], before.finding == finding else {
            return Sighting(
                key: thing.key, finding: finding, name: thing.name, instance: thing.instance, since: view.now)
        }
        before.listings += 1
        return before
    }

    private mutating func keep(_ sighting: Sighting) {
        record.kept.append(sighting)
    }

    /// Drops the sightings that this listing no longer confirms.
    private mutating func forget(_ listing: Listing) {
        let kept = Set(record.kept.map(\.key))
        record.forgotten += view.sightings.map(\.key).filter { $0.kind == listing.kind && !kept.contains($0) }
    }

    private mutating func note(_ isSuspect: Bool, _ listing: Listing) {
        guard isSuspect else { return }
        let thing = Thing(key: Sighting.Key(kind: listing.kind, id: Sighting.listing), name: Sighting.listing)
        let sighting = next(thing, .suspectListing)
        keep(sighting)
        guard sighting.listings == Self.suspectListingsBeforeAlert else { return }
        let message =
            "the provider listed \(listing.things.count) \(listing.kind.rawValue)s \(sighting.listings) times in a row, "
            + "far fewer than there should be: is this the right project?"
        record.events.append(event(.alertRaised, thing, message, message, code: "listingSuspect"))
    }

    private mutating func add(
        _ verdict: ReconcileVerdict, _ thing: Thing, _ action: ReconcileAction, _ reason: String,
        _ sighting: Sighting? = nil
    ) {
        findings.append(
            ReconcileFinding(
                verdict: Open(verdict), kind: Open(thing.key.kind), id: thing.key.id, name: thing.name,
                instance: thing.instance, action: Open(action), reason: reason, since: sighting?.since))
    }

    private mutating func change(_ instance: Instance, from seen: Instance, _ said: [(EventType, String)]) {
        let events = said.map { type, message in SweepEvents.draft(type, message, of: instance, at: view.now) }
        record.changes.append(SweepRecord.Change(instance: instance, seen: seen.updatedAt, events: events))
    }

    private func event(
        _ type: EventType, _ thing: Thing, _ message: String, _ reason: String, code: String? = nil
    ) -> EventDraft {
        SweepEvents.draft(type, message, of: thing, reason: reason, code: code, at: view.now)
    }
}
