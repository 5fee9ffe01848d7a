internal import AuraModel
internal import DriverKit
internal import DriverREST
internal import HTTPClient
internal import Locking

/// The rate limit of a project: the count of this daemon, and the count of all daemons together if there is one.
final class ProjectBudget: RESTRateLimit {
    private let budget: Locked<RateBudget>
    /// The rate limit that all daemons share; `nil` if there is only one daemon.
    private let shared: (any SharedBudget)?
    /// The number of calls that may be sent before the shared limit is asked again. `hasNews` is true if a response
    /// arrived since the shared limit was last asked.
    private let lot = Locked((calls: 0, hasNews: false))
    /// A lock: one caller at a time asks for a lot, and the others wait.
    private let asking = AsyncSemaphore(1)
    private let maximumWait: Duration
    private let time: any TimeSource

    init(shared: (any SharedBudget)?, maximumWait: Duration, time: any TimeSource) {
        self.shared = shared
        self.maximumWait = maximumWait
        self.time = time
        budget = Locked(RateBudget(now: time.now()))
    }

    func reserve(_ call: RESTCall) async throws(Failure) {
        try await takeShared(call)
        switch budget.withLock({ $0.reserve(now: time.now(), atMost: maximumWait) }) {
        case .go(let wait) where wait == .zero: return
        case .go(let wait):
            do {
                try await sleep(wait, call)
            } catch {
                settle(.notSent)
                throw error
            }
        case .refuse(let wait): throw Self.usedUp(call, retryAfter: wait)
        }
    }

    func settle(_ outcome: RESTOutcome) {
        let now = time.now()
        switch outcome {
        case .notSent: budget.withLock { $0.lost(now: now, wasSent: false) }
        case .lost: budget.withLock { $0.lost(now: now, wasSent: true) }
        case .answered(let headers):
            budget.withLock { $0.answered(now: now, headers: RateHeaders(headers)) }
            lot.withLock { $0.hasNews = true }
        }
    }

    /// Records that the server reported an empty bucket. Returns the wait before one call may succeed.
    func exhausted() -> Duration { budget.withLock { $0.exhausted(now: time.now()) } }

    /// Takes one of the calls that all daemons together may send.
    private func takeShared(_ call: RESTCall) async throws(Failure) {
        guard let shared else { return }
        var waited = Duration.zero
        while !takeFromLot() {
            // The caller sleeps without the lock, so that each waiting caller observes its own time limit.
            let wait = try await asking.run(call.what) { () async throws(Failure) in await ask(shared) }
            guard let wait else { continue }
            guard wait > .zero else { return }
            waited += wait
            guard waited <= maximumWait else { throw Self.usedUp(call, retryAfter: wait) }
            try await sleep(wait, call)
        }
    }

    /// Asks for a lot, unless another caller just got one. Returns `nil` if there is a lot, the wait if no calls are
    /// left, and zero if the shared limit is not available.
    private func ask(_ shared: any SharedBudget) async -> Duration? {
        let (isThere, isNews) = lot.withLock { lot in
            defer { lot.hasNews = lot.hasNews && lot.calls > 0 }
            return (lot.calls > 0, lot.hasNews)
        }
        if isThere { return nil }
        switch await shared.take(seen: isNews ? budget.withLock { $0.reading } : nil) {
        case .calls(let count):
            lot.withLock { $0.calls += max(count, 1) }
            return nil
        case .wait(let duration): return max(duration, .milliseconds(1))
        case nil: return .zero
        }
    }

    private func takeFromLot() -> Bool {
        lot.withLock { lot in
            guard lot.calls > 0 else { return false }
            lot.calls -= 1
            return true
        }
    }

    private func sleep(_ duration: Duration, _ call: RESTCall) async throws(Failure) {
        do { try await time.sleep(for: duration) } catch { throw .cancelled(call.what) }
    }

    private static func usedUp(_ call: RESTCall, retryAfter wait: Duration) -> Failure {
        Failure(
            .transient, code: "rate_limit_exceeded",
            message: "cannot \(call.what): the project's rate limit is used up",
            retryAfterMilliseconds: wait.wholeMilliseconds)
    }
}

extension RateHeaders {
    fileprivate init?(_ headers: HTTPHeaders) {
        self.init(
            limit: headers["RateLimit-Limit"], remaining: headers["RateLimit-Remaining"],
            reset: headers["RateLimit-Reset"])
    }
}
