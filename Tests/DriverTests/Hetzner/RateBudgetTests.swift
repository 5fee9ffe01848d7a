import AuraModel
import HetznerDriver
import Testing

/// The rate budget as a value: a time and an event in, a wait out.
@Suite struct RateBudgetTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    private func headers(_ remaining: Double, full inSeconds: Double, limit: Double = 3600) -> RateHeaders {
        RateHeaders(limit: limit, remaining: remaining, resetSeconds: Double(start.milliseconds) / 1000 + inSeconds)
    }

    @Test func aFullBucketAdmitsCallsUpToTheLimit() {
        var budget = RateBudget(now: start)
        for _ in 1...3600 {
            #expect(budget.reserve(now: start, atMost: .zero) == .go(after: .zero))
        }
        #expect(budget.reserve(now: start, atMost: .zero) == .refuse(retryAfter: .seconds(1)))
    }

    @Test func callsWaitInOrderForAnEmptyBucket() {
        var budget = RateBudget(now: start)
        _ = budget.reserve(now: start, atMost: .zero)
        budget.answered(now: start, headers: headers(0, full: 3600))
        #expect(budget.reserve(now: start, atMost: .seconds(30)) == .go(after: .seconds(1)))
        #expect(budget.reserve(now: start, atMost: .seconds(30)) == .go(after: .seconds(2)))
        #expect(
            budget.reserve(now: start + .milliseconds(500), atMost: .seconds(30)) == .go(after: .milliseconds(2500)))
    }

    @Test func aWaitOverTheBoundIsRefusedAndReservesNothing() {
        var budget = RateBudget(now: start)
        _ = budget.reserve(now: start, atMost: .zero)
        budget.answered(now: start, headers: headers(0, full: 3600))
        for second in 1...3 {
            #expect(budget.reserve(now: start, atMost: .seconds(3)) == .go(after: .seconds(second)))
        }
        #expect(budget.reserve(now: start, atMost: .seconds(3)) == .refuse(retryAfter: .seconds(4)))
        #expect(budget.reserve(now: start, atMost: .seconds(4)) == .go(after: .seconds(4)))
    }

    @Test func theBucketRefillsUpToTheLimit() {
        var budget = RateBudget(now: start)
        _ = budget.reserve(now: start, atMost: .zero)
        budget.answered(now: start, headers: headers(0, full: 3600))
        #expect(budget.reserve(now: start + .seconds(1), atMost: .zero) == .go(after: .zero))
        #expect(budget.reserve(now: start + .seconds(1), atMost: .zero) == .refuse(retryAfter: .seconds(1)))
        let later = start + .seconds(86_400)
        for _ in 1...3600 { #expect(budget.reserve(now: later, atMost: .zero) == .go(after: .zero)) }
        #expect(budget.reserve(now: later, atMost: .zero) != .go(after: .zero))
    }

    /// Other clients use the same bucket. The budget takes the remaining calls from the header, less the calls under
    /// way.
    @Test func theHeadersCorrectTheCountForCallsUnderWay() {
        var budget = RateBudget(now: start)
        for _ in 1...3 { _ = budget.reserve(now: start, atMost: .zero) }
        budget.answered(now: start, headers: headers(2, full: 3598))
        #expect(budget.reserve(now: start, atMost: .zero) == .refuse(retryAfter: .seconds(1)))
        budget.answered(now: start, headers: headers(1, full: 3599))
        budget.answered(now: start, headers: headers(1, full: 3599))
        #expect(budget.reserve(now: start, atMost: .zero) == .go(after: .zero))
    }

    @Test func theRefillRateIsLearntFromTheHeaders() {
        var budget = RateBudget(now: start)
        _ = budget.reserve(now: start, atMost: .zero)
        // 100 calls are missing, and the bucket is full in 10 seconds: 10 calls a second.
        budget.answered(now: start, headers: headers(0, full: 10, limit: 100))
        #expect(budget.reserve(now: start, atMost: .seconds(9)) == .go(after: .milliseconds(100)))
        #expect(budget.reserve(now: start, atMost: .seconds(9)) == .go(after: .milliseconds(200)))
    }

    @Test func anUnsentCallIsNotCounted() {
        var budget = RateBudget(now: start)
        _ = budget.reserve(now: start, atMost: .zero)
        budget.answered(now: start, headers: headers(1, full: 3599))
        #expect(budget.reserve(now: start, atMost: .zero) == .go(after: .zero))
        budget.lost(now: start, wasSent: false)
        #expect(budget.reserve(now: start, atMost: .zero) == .go(after: .zero))
        budget.lost(now: start, wasSent: true)
        #expect(budget.reserve(now: start, atMost: .zero) == .refuse(retryAfter: .seconds(1)))
    }

    @Test func anExhaustedAnswerEmptiesTheBucket() {
        var budget = RateBudget(now: start)
        for _ in 1...3 { _ = budget.reserve(now: start, atMost: .zero) }
        budget.answered(now: start, headers: nil)
        // Two other calls are under way and will need a second each; this call needs one more.
        #expect(budget.exhausted(now: start) == .seconds(3))
        #expect(budget.reserve(now: start, atMost: .zero) == .refuse(retryAfter: .seconds(3)))
    }

    @Test func aClockThatIsSetBackRefillsNothing() {
        var budget = RateBudget(now: start)
        _ = budget.reserve(now: start, atMost: .zero)
        budget.answered(now: start, headers: headers(0, full: 3600))
        #expect(budget.reserve(now: start + .seconds(-100), atMost: .zero) == .refuse(retryAfter: .seconds(1)))
        #expect(budget.reserve(now: start, atMost: .zero) == .refuse(retryAfter: .seconds(1)))
    }
}
