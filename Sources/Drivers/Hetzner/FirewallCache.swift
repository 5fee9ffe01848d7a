internal import AuraModel
internal import DriverREST
internal import Locking

/// The firewall's id, cached for a limited time.
final class FirewallCache: Sendable {
    private struct Entry {
        var id: String
        var until: Timestamp
    }

    private let lifetime: Duration
    private let time: any TimeSource
    private let entry = Locked<Entry?>(nil)
    /// Merges concurrent look-ups of the firewall into one.
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

    /// Clears the cached id if a machine could not be created because the firewall does not exist. Returns such a
    /// failure as transient, because the next ``HetznerCompute/ensureFirewall(labels:)`` creates the firewall again. A
    /// `not_found` that does not name the firewall also clears the id. It is returned unchanged, like all other
    /// failures.
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
