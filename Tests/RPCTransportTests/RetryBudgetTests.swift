import Testing

@testable import AuraClient

@Suite struct PatienceTests {
    /// The results of failures at these seconds.
    func retries(_ patience: inout RetryBudget, at seconds: [Int], unit: Double = 0) -> [RetryBudget.Retry] {
        seconds.map { patience.failed(now: .seconds($0), unit: unit) }
    }

    @Test func aLossIsRetriedUntilTheRetryBudgetEnds() {
        var patience = RetryBudget(.seconds(60))
        var now = Duration.seconds(1_000)
        var waits: [Duration] = []
        while case .wait(let duration) = patience.failed(now: now, unit: 0.5) {
            waits.append(duration)
            now += duration
            #expect(waits.count < 1000)
        }
        #expect(now == .seconds(1_060))
        #expect(waits.prefix(3) == [.milliseconds(37.5), .milliseconds(75), .milliseconds(150)])
        #expect(waits.dropLast().last == .milliseconds(1500))
        #expect(patience.left(now: now) == .zero)
    }

    @Test func jitterAtMostHalvesAWait() {
        let waits = [0, 0.999].map { unit in
            var patience = RetryBudget(.seconds(60))
            return patience.failed(now: .zero, unit: unit)
        }
        #expect(waits[0] == .wait(.milliseconds(25)))
        guard case .wait(let longest) = waits[1] else { return #expect(Bool(false), "it gave up") }
        #expect(longest > .milliseconds(49) && longest < .milliseconds(50))
    }

    @Test func aReplyRenewsTheRetryBudget() {
        var patience = RetryBudget(.seconds(10))
        #expect(!patience.isLost)
        #expect(retries(&patience, at: [0, 9]) == [.wait(.milliseconds(25)), .wait(.milliseconds(50))])
        #expect(patience.isLost && patience.left(now: .seconds(9)) == .seconds(1))
        patience.heard()
        #expect(!patience.isLost && patience.left(now: .seconds(9)) == nil)
        #expect(retries(&patience, at: [20, 30]) == [.wait(.milliseconds(25)), .giveUp])
    }

    @Test func onlyAConnectionThatHeldRenewsTheRetryBudget() {
        var patience = RetryBudget(.seconds(10))
        _ = retries(&patience, at: [0])
        patience.connected(now: .seconds(5))
        #expect(retries(&patience, at: [300]) == [.wait(.milliseconds(25))])
        patience.connected(now: .seconds(309))
        #expect(retries(&patience, at: [310]) == [.giveUp])
    }

    @Test func anEmptyRetryBudgetAllowsNoRetry() {
        var patience = RetryBudget(.zero)
        #expect(retries(&patience, at: [0]) == [.giveUp])
    }
}
