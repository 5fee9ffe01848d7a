import AuraModel
import Locking
import Logging
import Storage

/// The maintenance of leases.
extension JobEngine {
    /// Extends the leases of all runs at every heartbeat.
    func keepLeases() async throws {
        while !Task.isCancelled {
            try await time.sleep(for: settings.heartbeat)
            let present = present
            let before = time.uptime()
            guard let states = await extend(present) else { continue }
            deliver(states, to: present, leaseEnd: before + settings.lease)
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

    private func deliver(_ states: [LeaseState], to present: [JobRun], leaseEnd: Duration) {
        let known = Dictionary(uniqueKeysWithValues: states.map { ($0.job, $0) })
        for run in present {
            guard let state = known[run.held.job], state.epoch == run.held.epoch else {
                run.stop.send(.leaseLost)
                continue
            }
            run.leaseEnd.withLock { $0 = leaseEnd }
            if state.cancellation != nil {
                run.machine.withLock { $0.noteCancellation(state.cancellation) }
                run.stop.send(.cancellation)
            }
        }
    }

    /// Stops runs in two cases:
    /// - The lease could not be extended. The run stops before the lease ends, because after that another worker may
    ///   make outside calls.
    /// - The step hangs. The run's step is stopped one heartbeat after its deadline.
    ///
    /// This loop is separate from ``keepLeases()``, which blocks while the store does not reply.
    func watchRuns() async throws {
        let margin = settings.leaseMargin
        while !Task.isCancelled {
            try await time.sleep(for: margin / 2)
            let (now, uptime) = (time.now(), time.uptime())
            for run in present {
                if run.leaseEnd.withLock({ $0 }) < uptime + margin { run.stop.send(.leaseLost) }
                if run.isOverdue(now: now, grace: settings.heartbeat) { run.stop.send(.overdue) }
            }
        }
    }
}
