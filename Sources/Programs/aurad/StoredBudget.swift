public import AuraModel
public import DriverKit
public import Storage

/// The provider's rate limit, stored in the database and shared by all daemons.
public struct StoredBudget: SharedBudget {
    private let store: any Store
    private let bucket: String
    private let time: any TimeSource

    /// `bucket` is the provider and its project.
    public init(store: any Store, bucket: String, time: any TimeSource) {
        self.store = store
        self.bucket = bucket
        self.time = time
    }

    public func take(seen: (limit: Double, remaining: Double, callsPerSecond: Double)?) async -> BudgetLot? {
        let observation = seen.map {
            RateLimitReading(limit: $0.limit, remaining: $0.remaining, callsPerSecond: $0.callsPerSecond)
        }
        let request = CallRequest(bucket: bucket, observation: observation, now: time.now())
        switch try? await store.takeCalls(request) {
        case .granted(let count): return .calls(count)
        case .wait(let duration): return .wait(duration)
        case nil: return nil
        }
    }
}
