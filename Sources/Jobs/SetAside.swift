import AuraModel
import Locking

/// Jobs that this daemon leaves alone for a while, since it cannot work on them: another daemon may, or somebody mends the row.
///
/// Holds 1,000 at most; one more takes the place of the one that is looked at again first.
final class SetAside: Sendable {
    private static let limit = 1000
    private static let time = Duration.seconds(300)

    private let ends = Locked<[JobID: Duration]>([:])
    private let clock: any TimeSource

    init(time: any TimeSource) {
        clock = time
    }

    func add(_ jobs: [JobID]) {
        guard !jobs.isEmpty else { return }
        let end = clock.uptime() + Self.time
        ends.withLock { ends in
            for job in jobs {
                if ends.count >= Self.limit, let next = ends.min(by: { $0.value < $1.value }) { ends[next.key] = nil }
                ends[job] = end
            }
        }
    }

    /// Those that are still left alone.
    var jobs: Set<JobID> {
        ends.withLock { ends in
            guard !ends.isEmpty else { return [] }
            let now = clock.uptime()
            ends = ends.filter { $0.value > now }
            return Set(ends.keys)
        }
    }
}
