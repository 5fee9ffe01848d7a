import AuraModel
import DriverKit
import Storage

/// The provider's rate limit, stored in the database and shared by all daemons.
struct StoredBudget: SharedBudget {
    private let store: any Coordination
    private let bucket: String
    private let time: any TimeSource

    /// `bucket` names the rate limit: the provider and its endpoint.
    init(store: any Coordination, bucket: String, time: any TimeSource) {
        self.store = store
        self.bucket = bucket
        self.time = time
    }

    func take(seen: (limit: Double, remaining: Double, callsPerSecond: Double)?) async -> BudgetLot? {
        let reading = seen.map {
            RateLimitReading(limit: $0.limit, remaining: $0.remaining, callsPerSecond: $0.callsPerSecond)
        }
        let request = CallRequest(bucket: bucket, reading: reading, now: time.now())
        switch try? await store.takeCalls(request) {
        case .granted(let count): return .calls(count)
        case .wait(let duration): return .wait(duration)
        case nil: return nil
        }
    }
}
