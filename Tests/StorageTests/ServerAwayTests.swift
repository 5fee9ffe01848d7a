import Storage
import Testing

@testable import StoragePostgres

@Suite struct ServerAwayTests {
    private let failure = PostgresError(.lost, "connection refused")

    @Test func retriesOfAnUnreachableServerBackOff() throws {
        var away = ServerAway()
        var now = ContinuousClock.now
        #expect(away.failure(now: now) == nil)
        var waits: [Duration] = []
        for _ in 0..<8 {
            away.note(failure, now: now, unit: 1)
            let begun = now
            while let told = away.failure(now: now) {
                #expect(told.message == "connection refused")
                now += .milliseconds(10)
            }
            waits.append(now - begun)
        }
        #expect(waits == [100, 200, 400, 800, 1600, 2000, 2000, 2000].map { .milliseconds($0) })
    }

    /// Several connections break at the same time. Their failures count as one.
    @Test func simultaneousFailuresCountOnce() {
        let now = ContinuousClock.now
        var away = ServerAway()
        for _ in 0..<7 { away.note(failure, now: now, unit: 1) }
        #expect(away.failure(now: now + .milliseconds(99)) != nil)
        #expect(away.failure(now: now + .milliseconds(100)) == nil)
    }

    @Test func retriesAreSpreadByJitter() {
        let now = ContinuousClock.now
        let nextTries = [0, 0.5, 1].map { unit in
            var away = ServerAway()
            away.note(failure, now: now, unit: unit)
            return (0...100).first { away.failure(now: now + .milliseconds($0)) == nil }
        }
        #expect(nextTries == [50, 75, 100])
    }
}
