import AuraModel
import DriverKit
import Locking
import Logging
import Storage
import TestKit
import Testing

@testable import Agents
@testable import Reconciliation

/// Orphans that cannot be deleted never keep the sweep from deleting the others.
@Suite struct FairReaperTests {
    private static func orphan(_ number: Int, of installation: String) -> Server {
        Server(
            id: "o\(number)", name: "aura-orphan-0000000\(number)-g1", status: .off, address: nil, location: "a",
            serverType: "x",
            labels: Labels.owned(by: installation).merging([Labels.instance: "gone-\(number)"]) { $1 })
    }

    @Test func protectedOrphansDoNotBlockTheDeletionOfOthers() async throws {
        let bench = OperationBench()
        bench.outside.state.withLock { state in
            for number in 1...6 { state.servers["o\(number)"] = Self.orphan(number, of: bench.store.installation) }
        }
        bench.outside.refuse { [outside = bench.outside] call, _ in
            guard call == "delete server" else { return nil }
            let isLast = outside.state.withLock { $0.calls.last } == "read server o6"
            return isLast ? nil : Failure(.permanent, code: "protected", message: "server deletion is protected")
        }
        let reconciler = Reconciler(
            store: bench.store, sources: Agents.sources(bench.services),
            settings: ReconcilerSettings(grace: .seconds(60), quarantinesPerRun: 10, reapsPerRun: 5), owner: "bench",
            faults: RowFaults(logger: bench.logger), time: bench.time,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        for _ in 0..<8 {
            bench.time.leap(to: bench.time.now() + .seconds(60))
            _ = try await reconciler.sweep(isDryRun: false, isForced: true)
        }
        #expect(bench.outside.servers.map(\.id) == ["o1", "o2", "o3", "o4", "o5"])
        #expect(try await bench.alerts().count { $0 == "reapFailed" } == 5)
    }

    /// Repeated attempts to delete a protected server back off.
    @Test func failedDeletionsOfAnOrphanBackOff() async throws {
        let bench = OperationBench()
        bench.outside.state.withLock { $0.servers["o1"] = Self.orphan(1, of: bench.store.installation) }
        let tries = Locked(0)
        bench.outside.refuse { call, _ in
            guard call == "delete server" else { return nil }
            tries.withLock { $0 += 1 }
            return Failure(.permanent, code: "protected", message: "server deletion is protected")
        }
        let reconciler = Reconciler(
            store: bench.store, sources: Agents.sources(bench.services),
            settings: ReconcilerSettings(grace: .seconds(60)),
            owner: "bench", faults: RowFaults(logger: bench.logger), time: bench.time,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        for _ in 0..<120 {
            bench.time.leap(to: bench.time.now() + .seconds(60))
            _ = try await reconciler.sweep(isDryRun: false, isForced: false)
        }
        #expect((2...8).contains(tries.withLock { $0 }))
    }
}
