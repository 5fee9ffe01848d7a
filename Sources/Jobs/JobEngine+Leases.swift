import AuraModel
import Locking
import Logging
import Storage

/// Keeping leases.
extension JobEngine {
    /// Prolongs the leases of all runs at every heartbeat. A run whose lease could not be prolonged is stopped before
    /// the lease ends, so that it never touches the outside world beside its successor.
    func keepLeases() async throws {
        var heldUntil: [LeaseExtension.Held: ContinuousClock.Instant] = [:]
        let monotonic = ContinuousClock()
        while !Task.isCancelled {
            try await time.sleep(for: settings.heartbeat)
            let present = runs.withLock { Array($0.values) }
            let started = monotonic.now
            for run in present where heldUntil[run.held] == nil { heldUntil[run.held] = run.claimedAt + settings.lease }
            if let states = await extend(present) {
                for state in states {
                    heldUntil[LeaseExtension.Held(job: state.job, epoch: state.epoch)] = started + settings.lease
                }
                deliver(states, to: present)
            }
            let margin = min(settings.lease / 6, .seconds(5))
            for run in present where (heldUntil[run.held] ?? started) < monotonic.now + margin {
                run.stop.send(.leaseLost)
            }
            let alive = Set(present.map(\.held))
            heldUntil = heldUntil.filter { alive.contains($0.key) }
        }
    }

    private func extend(_ present: [JobRun]) async -> [LeaseState]? {
        guard !present.isEmpty else { return [] }
        let request = LeaseExtension(held: present.map(\.held), lease: settings.lease, now: time.now())
        do {
            return try await store.extendLeases(request)
        } catch {
            logger.error("cannot prolong \(present.count) leases: \(error)")
            return nil
        }
    }

    private func deliver(_ states: [LeaseState], to present: [JobRun]) {
        let known = Dictionary(uniqueKeysWithValues: states.map { ($0.job, $0) })
        for run in present {
            guard let state = known[run.held.job], state.epoch == run.held.epoch else {
                run.stop.send(.leaseLost)
                continue
            }
            if state.cancellation != nil {
                run.machine.withLock { $0.noteCancellation(state.cancellation) }
                run.stop.send(.cancellation)
            }
        }
    }
}
