import AuraModel
import Storage
import TestKit
import Testing

@Suite struct CallBucketTests {
    @Test func aBucketRefillsAndNeverOverflows() {
        var bucket = CallBucket(limit: 100, callsPerSecond: 2, now: start)
        var taken = 0
        while case .granted(let count) = bucket.take(now: start) { taken += count }
        #expect(taken == 100)
        #expect(bucket.take(now: start) == .wait(.milliseconds(500)))
        #expect(bucket.take(now: start + .milliseconds(500)) == .granted(1))
        #expect(bucket.take(now: start + .seconds(10_000)) == .granted(5))
        #expect(bucket.available == 95)
    }

    /// Lots are large from a full bucket and shrink to single calls as the bucket runs dry.
    @Test func lotsShrinkWithTheRemainingCalls() {
        var bucket = CallBucket(limit: 3600, callsPerSecond: 1, now: start)
        #expect(bucket.take(now: start) == .granted(16))
        bucket.see(RateLimitReading(limit: 3600, remaining: 60, callsPerSecond: 1), now: start)
        #expect(bucket.take(now: start) == .granted(3))
        bucket.see(RateLimitReading(limit: 3600, remaining: 5, callsPerSecond: 1), now: start)
        #expect(bucket.take(now: start) == .granted(1))
    }

    @Test func theCountOfTheProviderCorrectsTheBucket() {
        var bucket = CallBucket(limit: 3600, callsPerSecond: 1, now: start)
        bucket.see(RateLimitReading(limit: 3600, remaining: 0, callsPerSecond: 1), now: start)
        #expect(bucket.take(now: start) == .wait(.seconds(1)))
        // Our count is too low, because granted calls were not sent. It rises to the provider's count, less 128 calls
        // that may still be sent.
        bucket.see(RateLimitReading(limit: 3600, remaining: 3000, callsPerSecond: 1), now: start)
        #expect(bucket.available == 2872)
        // The provider's limit and rate have risen.
        bucket.see(RateLimitReading(limit: 7200, remaining: 7000, callsPerSecond: 2), now: start)
        #expect((bucket.limit, bucket.callsPerSecond, bucket.available) == (7200, 2, 6872))
    }

    @Test func aClockThatIsSetBackRefillsNothing() {
        var bucket = CallBucket(limit: 10, callsPerSecond: 1, now: start)
        while case .granted = bucket.take(now: start) {}
        #expect(bucket.take(now: start + .seconds(-3600)) == .wait(.seconds(1)))
        #expect(bucket.take(now: start + .seconds(1)) == .granted(1))
    }
}

@Suite(.timeLimit(.minutes(3))) struct CallConformance {
    private func request(_ bucket: String = "a", remaining: Double? = nil, at: Timestamp = start) -> CallRequest {
        CallRequest(
            bucket: bucket,
            reading: remaining.map { RateLimitReading(limit: 100, remaining: $0, callsPerSecond: 1) },
            now: at)
    }

    @Test(arguments: StoreUnderTest.all) func callsAreCountedAndRefilledPerBucket(_ subject: StoreUnderTest)
        async throws
    {
        let place = try StorePlace()
        let store = try await subject.open(place)
        _ = try await store.takeCalls(request(remaining: 2))
        #expect(try await store.takeCalls(request()) == .granted(1))
        #expect(try await store.takeCalls(request()) == .wait(.seconds(1)))
        #expect(try await store.takeCalls(request("b")) == .granted(16))
        #expect(try await store.takeCalls(request(at: start + .seconds(1))) == .granted(1))
    }

    /// Many concurrent callers together get the calls that are left, and no more.
    @Test(arguments: StoreUnderTest.all) func concurrentCallersNeverExceedTheRemainingCalls(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.takeCalls(request(remaining: 50))
        let granted = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    guard case .granted(let count) = try await store.takeCalls(self.request()) else { return 0 }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        #expect((47...49).contains(granted))
        #expect(try await store.takeCalls(request()) == .wait(.seconds(1)))
    }
}
