import AuraModel
import Locking

/// Jobs that this daemon cannot work on and does not claim for 300 seconds. Meanwhile another daemon may claim them, or
/// an operator may repair their rows.
///
/// Holds at most 1,000 jobs. A further job replaces the job whose time ends first.
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
                if ends[job] == nil, ends.count >= Self.limit, let next = ends.min(by: { $0.value < $1.value }) {
                    ends[next.key] = nil
                }
                ends[job] = end
            }
        }
    }

    func remove(_ job: JobID) {
        ends.withLock { _ = $0.removeValue(forKey: job) }
    }

    /// The jobs that are still set aside.
    var jobs: Set<JobID> {
        ends.withLock { ends in
            guard !ends.isEmpty else { return [] }
            let now = clock.uptime()
            ends = ends.filter { $0.value > now }
            return Set(ends.keys)
        }
    }
}
