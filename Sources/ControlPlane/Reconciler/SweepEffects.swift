import AuraAPI
import AuraModel
import DriverKit
import Logging
import Storage

/// Executes the plan of a sweep, one resource after the other. Each resource is read again right before it is changed.
struct SweepEffects {
    let store: any Store
    let services: MachineServices
    let time: any TimeSource
    /// Renews the singleton lease; throws if another daemon has it.
    let checkDuty: @Sendable () async throws -> Void

    static let failedCode = "reapFailed"
    private static let page = 500
    private static let triesPerReap = 4
    private static let backoff = Backoff(base: .seconds(120), cap: .seconds(6 * 3600))

    /// Carries out the plan and returns the findings with their outcomes.
    func carryOut(_ sweep: Sweep) async throws -> [ReconcileFinding] {
        var findings = sweep.findings
        let changed = try await store.recordSweep(sweep.record)
        for change in sweep.record.changes where !changed.contains(change.instance.id) {
            for index in findings.indices where findings[index].instance == change.instance.id {
                findings[index].action = .none
                findings[index].reason = "a job took over meanwhile"
            }
        }
        for (instance, index) in sweep.losses {
            try await attempt(&findings[index]) { try await mark(instance) }
        }
        for due in sweep.quarantines {
            if try await attempt(&findings[due.finding], { try await quarantine(due.thing) }) == .failed {
                try await backOff(due, because: findings[due.finding].reason)
            }
        }
        try await carryOutReaps(sweep, &findings)
        return findings
    }

    /// Deletes up to `reapsPerRun` resources. Only successful deletions count. A failed one backs off, and the next
    /// resource is tried.
    private func carryOutReaps(_ sweep: Sweep, _ findings: inout [ReconcileFinding]) async throws {
        var (reaped, tried) = (0, 0)
        for due in sweep.reaps + sweep.spareReaps {
            guard reaped < sweep.settings.reapsPerRun, tried < sweep.settings.reapsPerRun * Self.triesPerReap else {
                break
            }
            tried += 1
            findings[due.finding].action = .reaped
            findings[due.finding].reason = due.reason
            switch try await attempt(&findings[due.finding], { try await reap(due.thing, due.reason) }) {
            case .done: reaped += 1
            case .spared: continue
            case .failed: try await backOff(due, because: findings[due.finding].reason)
            }
        }
    }

    /// Records that an attempt failed. The second failure in a row raises an alert.
    private func backOff(_ due: Sweep.Due, because reason: String) async throws {
        var sighting = due.sighting
        let failures = (sighting.failures ?? 0) + 1
        sighting.failures = failures
        sighting.retryAt = time.now() + Self.backoff.wait(attempt: failures, unit: 1, floorMilliseconds: nil)
        var events: [EventDraft] = []
        if failures == 2 {
            let message = "\(due.thing.name) (\(due.thing.key.id)) is nobody's, and cannot be removed: \(reason)"
            events = [
                SweepEvents.draft(
                    .alertRaised, message, of: due.thing, reason: reason, code: Self.failedCode, at: time.now())
            ]
        }
        _ = try await store.recordSweep(SweepRecord(kept: [sighting], events: events))
    }

    private enum Outcome {
        case done
        case spared
        case failed
    }

    /// Runs one action. A driver's failure does not stop the other actions. `body` returns the reason if it did nothing.
    @discardableResult
    private func attempt(
        _ finding: inout ReconcileFinding, _ body: () async throws -> String?
    ) async throws -> Outcome {
        try await checkDuty()
        do {
            guard let reason = try await body() else { return .done }
            finding.action = .none
            finding.reason = reason
            return .spared
        } catch let failure as Failure {
            finding.action = .failed
            finding.reason = failure.message
            return .failed
        } catch let error as StorageError where error.code == .corrupt {
            finding.action = .none
            finding.reason = error.message
            return .spared
        }
    }

    /// Marks an instance as degraded because its machine is gone, after the provider confirmed it for this machine.
    private func mark(_ seen: Instance) async throws -> String? {
        guard let server = seen.server else { return nil }
        guard try await services.compute.server(id: server.id) == nil else { return "it exists: the listing was wrong" }
        var instance = seen
        instance.phase = .degraded
        instance.failure = Failure(
            .permanent, code: Sweep.lostCode,
            message:
                "the machine \(server.name) (\(server.id)) does not exist any more: destroy the instance, or find out why"
        )
        let now = time.now()
        instance.updatedAt = now
        let message = "the machine of \(instance.name) does not exist any more"
        let change = SweepRecord.Change(
            instance: instance, seen: seen.updatedAt,
            events: [
                SweepEvents.draft(.instanceLost, message, of: instance, at: now),
                SweepEvents.draft(.alertRaised, message, of: instance, code: Sweep.lostCode, at: now),
            ])
        let changed = try await store.recordSweep(SweepRecord(changes: [change]))
        return changed.isEmpty ? "a job took over meanwhile" : nil
    }

    private func quarantine(_ thing: Thing) async throws -> String? {
        if let reason = try await reasonToSpare(thing) { return reason }
        _ = try await services.compute.powerOff(serverID: thing.key.id)
        return nil
    }

    private func reap(_ thing: Thing, _ reason: String) async throws -> String? {
        if let reason = try await reasonToSpare(thing) { return reason }
        switch thing.key.kind {
        case .server: _ = try await services.compute.deleteServer(id: thing.key.id)
        case .key: try await services.compute.deleteKey(id: thing.key.id)
        case .device: try await services.network?.deleteDevice(nodeID: thing.key.id)
        }
        let event = SweepEvents.draft(
            .resourceReaped, "\(thing.name) (\(thing.key.id)) was nobody's, and is deleted", of: thing, reason: reason,
            at: time.now())
        _ = try await store.recordSweep(SweepRecord(forgotten: [thing.key], events: [event]))
        return nil
    }

    /// Reads the resource and the rows again. Returns the reason if the resource must be kept.
    private func reasonToSpare(_ thing: Thing) async throws -> String? {
        guard let present = try await look(thing) else { return "it is gone already, or not ours any more" }
        var live: [Instance] = []
        var busy: Set<InstanceID> = []
        if let id = thing.instance, let owner = try await store.instance(.id(id)), owner.phase != .destroyed {
            guard InstanceKind.allCases.contains(owner.kind) else { return "its instance is of the kind \(owner.kind)" }
            live = [owner]
            let active = try await store.jobs(
                JobQuery(instance: id, isActive: true, limit: 1))
            if !active.isEmpty { busy = [id] }
        }
        if thing.key.kind == .device { return try await reasonToSpareDevice(thing) }
        guard case .orphan = Ownership(live: live, busy: busy).judge(present) else { return "it has an owner by now" }
        return nil
    }

    /// Returns the reason if an instance records the device, unless the provision of that instance failed and was undone.
    private func reasonToSpareDevice(_ thing: Thing) async throws -> String? {
        var last: InstanceID?
        var page: Page<Instance>
        repeat {
            page = try await store.instances(InstanceQuery(after: last, limit: Self.page))
            last = page.last
            if let row = page.unreadable.first(where: { $0.mayMention(thing.key.id) }) {
                return "instance \(row.id) cannot be read, and may own it"
            }
            let holder = page.rows.first { $0.tailnet?.nodeId == thing.key.id && $0.phase != .failed }
            if let holder { return "it is the node of \(holder.name)" }
        } while page.count == Self.page
        return nil
    }

    /// Returns the resource as it is now, or `nil` if it is gone or no longer carries our labels.
    private func look(_ thing: Thing) async throws -> Thing? {
        let labels = Labels.owned(by: services.installation)
        let isOurs = { (given: [String: String]) in labels.allSatisfy { given[$0.key] == $0.value } }
        switch thing.key.kind {
        case .server:
            guard let server = try await services.compute.server(id: thing.key.id), isOurs(server.labels) else {
                return nil
            }
            return Thing(server)
        case .key:
            guard let key = try await services.compute.key(named: thing.name), key.id == thing.key.id,
                isOurs(key.labels)
            else { return nil }
            return Thing(key)
        case .device:
            guard let network = services.network, let device = try await network.device(nodeID: thing.key.id),
                let present = Thing(device, tags: network.machineTags), present.name == thing.name
            else { return nil }
            return present
        }
    }
}
