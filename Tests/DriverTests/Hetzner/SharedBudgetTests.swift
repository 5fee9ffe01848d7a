import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import HetznerDriver
import Locking
import Testing

/// A shared count of calls that the test controls.
private final class Count: SharedBudget {
    let left: Locked<Int>
    let lots = Locked(0)
    let seen = Locked<[Double]>([])
    private let isAway: Bool

    init(_ left: Int, isAway: Bool = false) {
        self.left = Locked(left)
        self.isAway = isAway
    }

    func take(seen: (limit: Double, remaining: Double, callsPerSecond: Double)?) async -> BudgetLot? {
        if isAway { return nil }
        if let seen { self.seen.withLock { $0.append(seen.remaining) } }
        return left.withLock { left in
            guard left > 0 else { return .wait(.seconds(30)) }
            lots.withLock { $0 += 1 }
            defer { left -= min(4, left) }
            return .calls(min(4, left))
        }
    }
}

@Suite struct SharedBudgetTests {
    private func bench(_ count: Count, remaining: Int = 3000) -> HetznerBench {
        HetznerBench(
            ScriptedTransport { (_, _) throws(HTTPError) in
                HTTPResponse(
                    status: 200,
                    headers: [
                        "RateLimit-Limit": "3600", "RateLimit-Remaining": "\(remaining)",
                        "RateLimit-Reset": "1795180000",
                    ],
                    body: Array(#"{"servers":[]}"#.utf8))
            }, shared: count
        ) { $0.maximumRateWait = .seconds(60) }
    }

    /// Three daemons call as often as they can. Together they send as many calls as the count allows, and then throw
    /// the reason.
    @Test func daemonsShareTheRemainingCalls() async throws {
        let count = Count(22)
        let daemons = (1...3).map { _ in bench(count) }
        let refusals = Locked<[Failure]>([])
        await withTaskGroup(of: Void.self) { group in
            for daemon in daemons {
                for _ in 1...12 {
                    group.addTask {
                        if let refusal = await failure({ _ = try await daemon.driver.server(named: "ada") }) {
                            refusals.withLock { $0.append(refusal) }
                        }
                    }
                }
            }
        }
        let sent = daemons.reduce(0) { $0 + $1.transport.requests.count }
        #expect(sent == 22)
        #expect(refusals.withLock { $0.count } == 14)
        #expect(refusals.withLock { $0.allSatisfy { $0.code == "rate_limit_exceeded" } })
        #expect(count.lots.withLock { $0 } == 6)
    }

    @Test func theSharedBudgetGetsTheRemainingCallsOfTheProvider() async throws {
        let count = Count(100)
        let daemon = bench(count, remaining: 17)
        for _ in 1...9 { _ = try await daemon.driver.server(named: "ada") }
        #expect(count.seen.withLock { $0 } == [17, 17])
    }

    @Test func aDaemonUsesItsOwnBudgetIfTheSharedOneIsUnavailable() async throws {
        let daemon = bench(Count(0, isAway: true))
        for _ in 1...3 { _ = try await daemon.driver.server(named: "ada") }
        #expect(daemon.transport.requests.count == 3)
    }
}
