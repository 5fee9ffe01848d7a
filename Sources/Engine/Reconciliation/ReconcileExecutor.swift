import AuraModel
import JSON
import Logging
import Storage

/// Executes a reconcile plan, one resource after the other. Each resource is read again right before it is changed.
struct ReconcileExecutor {
    let store: any InstanceStore & JobStore
    let sources: [any ResourceSource]
    let time: any TimeSource
    /// Renews the singleton lease; throws if another daemon has it.
    let renewLease: @Sendable () async throws -> Void

    static let failedCode = "reapFailed"
    private static let page = 500
    private static let triesPerReap = 4
    private static let backoff = Backoff(base: .seconds(120), cap: .seconds(6 * 3600))

    /// Carries out the plan and returns the findings with their outcomes.
    func carryOut(_ plan: ReconcilePlan) async throws -> [Finding] {
        var findings = plan.findings
        let changed = try await store.recordSweep(plan.record)
        for change in plan.record.changes where !changed.contains(change.instance.id) {
            for index in findings.indices where findings[index].instance == change.instance.id {
                findings[index].action = .none
                findings[index].reason = "a job took over meanwhile"
            }
        }
        for loss in plan.losses {
            try await attempt(&findings[loss.finding]) { try await mark(loss) }
        }
        for due in plan.quarantines {
            if try await attempt(&findings[due.finding], { try await quarantine(due.resource) }) == .failed {
                try await backOff(due, because: findings[due.finding].reason)
            }
        }
        try await carryOutReaps(plan, &findings)
        return findings
    }

    /// Deletes up to `reapsPerRun` resources, with at most four times as many tries. After a failed deletion, which
    /// backs off, the next resource is tried.
    private func carryOutReaps(_ plan: ReconcilePlan, _ findings: inout [Finding]) async throws {
        var (reaped, tried) = (0, 0)
        for due in plan.reaps + plan.spareReaps {
            guard reaped < plan.settings.reapsPerRun, tried < plan.settings.reapsPerRun * Self.triesPerReap else {
                break
            }
            tried += 1
            findings[due.finding].action = .reaped
            findings[due.finding].reason = due.reason
            switch try await attempt(&findings[due.finding], { try await reap(due.resource, due.reason) }) {
            case .done: reaped += 1
            case .spared: continue
            case .failed: try await backOff(due, because: findings[due.finding].reason)
            }
        }
    }

    /// Records that an attempt failed. The second failure in a row raises an alert.
    private func backOff(_ due: ReconcilePlan.Due, because reason: String) async throws {
        var observation = due.observation
        let failures = (observation.failures ?? 0) + 1
        observation.failures = failures
        observation.retryAt = time.now() + Self.backoff.wait(attempt: failures, unit: 1, floorMilliseconds: nil)
        var events: [EventDraft] = []
        if failures == 2 {
            let message = "\(due.resource.name) (\(due.resource.key.id)) is nobody's, and cannot be removed: \(reason)"
            events = [
                SweepEvents.draft(
                    .alertRaised, message, of: due.resource, reason: reason, code: Self.failedCode, at: time.now())
            ]
        }
        _ = try await store.recordSweep(SweepRecord(kept: [observation], events: events))
    }

    private enum Outcome {
        case done
        case spared
        case failed
    }

    /// Runs one action. A driver's failure does not stop the other actions. `body` returns `nil` if it acted, or the
    /// reason why it did nothing.
    @discardableResult
    private func attempt(
        _ finding: inout Finding, _ body: () async throws -> String?
    ) async throws -> Outcome {
        try await renewLease()
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

    /// Marks an instance as degraded if the provider confirms that its essential resource does not exist. Returns the
    /// reason if the instance is not changed.
    private func mark(_ loss: ReconcilePlan.Loss) async throws -> String? {
        let source = try source(of: loss.resource)
        guard let essential = source.traits.essential else { return "nothing depends on it" }
        if try await source.exists(loss.resource) { return "it exists: the listing was wrong" }
        let noun = source.traits.noun
        var instance = loss.instance
        instance.phase = .degraded
        instance.failure = Failure(
            .permanent, code: essential.lostCode,
            message: "the \(noun) \(loss.resource.name) (\(loss.resource.key.id)) does not exist any more: "
                + "destroy the instance, or find out why")
        let now = time.now()
        instance.updatedAt = now
        let message = "the \(noun) of \(instance.name) does not exist any more"
        let key = loss.resource.key
        let change = SweepRecord.Change(
            instance: instance, seen: loss.instance.updatedAt,
            events: [
                SweepEvents.draft(.instanceLost, message, of: instance, key, at: now),
                SweepEvents.draft(.alertRaised, message, of: instance, key, code: essential.lostCode, at: now),
            ])
        let changed = try await store.recordSweep(SweepRecord(changes: [change]))
        return changed.isEmpty ? "a job took over meanwhile" : nil
    }

    private func source(of resource: Resource) throws(Failure) -> any ResourceSource {
        guard let source = sources.first(where: { $0.traits.kind == resource.key.kind }) else {
            throw Failure(
                .permanent, code: "noSource",
                message: "this aurad does not know resources of the kind \(resource.key.kind)")
        }
        return source
    }

    private func quarantine(_ resource: Resource) async throws -> String? {
        if let reason = try await reasonToSpare(resource) { return reason }
        try await source(of: resource).powerOff(resource)
        return nil
    }

    private func reap(_ resource: Resource, _ reason: String) async throws -> String? {
        if let reason = try await reasonToSpare(resource) { return reason }
        try await source(of: resource).delete(resource)
        let event = SweepEvents.draft(
            .resourceReaped, "\(resource.name) (\(resource.key.id)) was nobody's, and is deleted", of: resource,
            reason: reason, at: time.now())
        _ = try await store.recordSweep(SweepRecord(forgotten: [resource.key], events: [event]))
        return nil
    }

    /// Reads the resource and the rows again. Returns the reason if the resource must be kept.
    private func reasonToSpare(_ resource: Resource) async throws -> String? {
        let source = try source(of: resource)
        guard let present = try await source.current(resource) else {
            return "it is gone already, or not ours any more"
        }
        if source.traits.identification == .name { return try await reasonToSpareNamed(present, source.traits) }
        var live: [Instance] = []
        var busy: Set<InstanceID> = []
        if let id = resource.instance, let owner = try await store.instance(.id(id), in: .all),
            owner.phase != .destroyed
        {
            guard owner.kind == source.traits.instanceKind else { return "its instance is of the kind \(owner.kind)" }
            live = [owner]
            let active = try await store.jobs(JobQuery(scope: .all, instance: id, isActive: true, limit: 1))
            if !active.isEmpty { busy = [id] }
        }
        guard case .orphan = Ownership(of: [source.traits], live: live, busy: busy).judge(present) else {
            return "it has an owner by now"
        }
        return nil
    }

    /// Returns the reason if an instance records the resource, or may record it in an unreadable row. An instance whose
    /// provision failed and was undone does not count.
    private func reasonToSpareNamed(_ resource: Resource, _ traits: ResourceTraits) async throws -> String? {
        var last: InstanceID?
        var page: Page<Instance>
        repeat {
            page = try await store.instances(InstanceQuery(scope: .all, after: last, limit: Self.page))
            last = page.last
            if let row = page.unreadable.first(where: { $0.mayMention(resource.key.id) }) {
                return "instance \(row.id) cannot be read, and may own it"
            }
            let holder = page.rows.first { traits.recordedID?($0) == resource.key.id && $0.phase != .failed }
            if let holder { return "it is the \(traits.noun) of \(holder.name)" }
        } while page.count == Self.page
        return nil
    }
}

/// Builds the sweep's events.
enum SweepEvents {
    /// Returns an event about an instance that the sweep changed because of one of its resources. Its data has the id
    /// of the resource, such as `serverId`.
    static func draft(
        _ type: EventType, _ message: String, of instance: Instance, _ resource: Observation.Key, code: String? = nil,
        at now: Timestamp
    ) -> EventDraft {
        var draft = EventDraft(at: now, type: type, tenant: instance.tenant, message: message)
        draft.instance = instance.id
        draft.change = instance.change
        draft.phase = instance.phase
        var data: JSONObject = [:]
        if let code { data["code"] = .string(code) }
        data["\(resource.kind.rawValue)Id"] = .string(resource.id)
        draft.data = .object(data)
        return draft
    }

    /// Returns an event about a resource without an owner. Such a resource has no tenant, so its event has the default
    /// one, for the operator.
    static func draft(
        _ type: EventType, _ message: String, of resource: Resource, reason: String, code: String? = nil,
        at now: Timestamp
    ) -> EventDraft {
        var draft = EventDraft(at: now, type: type, tenant: Tenant.default, message: message)
        var data: JSONObject = [
            "kind": .string(resource.key.kind.rawValue), "id": .string(resource.key.id), "name": .string(resource.name),
            "reason": .string(reason),
        ]
        if let code { data["code"] = .string(code) }
        if let instance = resource.instance { data["instance"] = .string(instance.text) }
        draft.data = .object(data)
        return draft
    }
}
