internal import AuraModel
internal import DriverREST
internal import Locking

/// The firewall's id, believed for a while.
final class FirewallCache: Sendable {
    private struct Entry {
        var id: String
        var until: Timestamp
    }

    private let lifetime: Duration
    private let time: any TimeSource
    private let entry = Locked<Entry?>(nil)
    /// Those who want it at the same time share one look-up.
    let flight = SingleFlight<String>()

    init(lifetime: Duration, time: any TimeSource) {
        self.lifetime = lifetime
        self.time = time
    }

    var id: String? {
        let now = time.now()
        return entry.withLock { entry in entry.flatMap { $0.until > now ? $0.id : nil } }
    }

    func keep(_ id: String) {
        let until = time.now() + lifetime
        entry.withLock { $0 = Entry(id: id, until: until) }
    }

    /// Forgets the id where a machine could not be made because the firewall is gone; such a failure is transient,
    /// since the next ``HetznerCompute/ensureFirewall(labels:)`` makes it anew.
    func judge(_ failure: Failure) -> Failure {
        guard failure.code == "not_found" || failure.code == "invalid_input" else { return failure }
        guard failure.message.lowercased().contains("firewall") else {
            if failure.code == "not_found" { entry.withLock { $0 = nil } }
            return failure
        }
        entry.withLock { $0 = nil }
        var judged = failure
        judged.errorClass = .transient
        return judged
    }
}
