import AuraModel
import DriverKit
import JSON
import Locking
import Logging
import Storage
import Testing

@testable import Agents

/// A setting that a provider does not offer or permit raises an alert before a machine is paid for, and ends no
/// operation.
@Suite struct ProviderWatchTests {
    private static let finding = ProviderFinding(.error, setting: "hetzner.placements", "there is no server type cx99")

    private func watch(_ bench: OperationBench, owner: String = "one") -> ProviderWatch {
        ProviderWatch(
            store: bench.store,
            check: ProviderCheck(
                compute: bench.outside, network: bench.outside, image: "debian-13", installation: "bench"),
            settings: ProviderWatchSettings(), owner: owner, time: bench.time,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func aFindingRaisesOneAlertUntilItChanges() async throws {
        let bench = OperationBench()
        bench.outside.state.withLock { $0.findings = [Self.finding] }
        let watch = watch(bench)
        for _ in 1...3 { await watch.look(turn: "providers", for: .seconds(60)) }
        #expect(try await bench.alerts() == ["providerCheck"])
        let alert = try #require(try await bench.events(.alertRaised).first)
        #expect(alert.message == "hetzner.placements: there is no server type cx99")
        #expect(alert.data?["setting"] == "hetzner.placements")
        bench.outside.state.withLock { $0.findings = [] }
        await watch.look(turn: "providers", for: .seconds(60))
        bench.outside.state.withLock { $0.findings = [Self.finding] }
        await watch.look(turn: "providers", for: .seconds(60))
        #expect(try await bench.alerts().count == 2)
    }

    /// One check raises at most 20 alerts; the next check raises the others.
    @Test func findingsBeyondTheAlertLimitAreRaisedByLaterChecks() async throws {
        let bench = OperationBench()
        let findings = (1...45).map {
            ProviderFinding(.error, setting: "hetzner.placements", "there is no type cx\($0)")
        }
        bench.outside.state.withLock { $0.findings = findings }
        let watch = watch(bench)
        var counts: [Int] = []
        for _ in 1...4 {
            await watch.look(turn: "providers", for: .seconds(60))
            counts.append(try await bench.alerts().count)
        }
        #expect(counts == [20, 40, 45, 45])
        #expect(Set(try await bench.events(.alertRaised).map(\.message)).count == 45)
    }

    @Test func oneDaemonRaisesTheAlertsAndAllReadTheCatalogue() async throws {
        let bench = OperationBench()
        bench.outside.state.withLock { $0.findings = [Self.finding] }
        for owner in ["one", "two", "three"] {
            await watch(bench, owner: owner).look(turn: "providers.start", for: .seconds(60))
        }
        #expect(try await bench.alerts() == ["providerCheck"])
        #expect(bench.outside.calls.count { $0 == "list types" } == 3)
    }

    /// A provider that cannot be reached raises no alert, and the other provider is still checked.
    @Test func anOutageOfAProviderRaisesNoAlert() async throws {
        let bench = OperationBench()
        bench.outside.refuse { call, _ in
            call == "list types" ? Failure(.transient, code: "providerFault", message: "later") : nil
        }
        await watch(bench).look(turn: "providers", for: .seconds(60))
        #expect(try await bench.alerts().isEmpty)
        #expect(bench.outside.calls == ["mint and revoke"])
    }

    @Test func retiredCandidatesAreSkippedUnlessAllAreRetired() async throws {
        let placements = [("a", "x"), ("b", "x"), ("a", "y")].map { Placement(location: $0.0, serverType: $0.1) }
        let some = OperationBench()
        some.outside.state.withLock { $0.retired = Set(placements.prefix(2)) }
        #expect(try await some.provision().state == .succeeded)
        #expect(some.outside.state.withLock { $0.placements } == [placements[2]])
        let all = OperationBench()
        all.outside.state.withLock { $0.retired = Set(placements) }
        #expect(try await all.provision().state == .succeeded)
        #expect(all.outside.state.withLock { $0.placements } == [placements[0]])
    }

    /// Retries inside a driver are reported as progress of the step.
    @Test func retriesInsideADriverAreReportedAsProgress() async throws {
        let bench = OperationBench()
        bench.outside.state.withLock {
            $0.driverRetry = Failure(
                .transient, code: "timeout", message: "cannot find firewall aura-agents: no answer")
        }
        #expect(try await bench.provision().state == .succeeded)
        let said = try await bench.events(.stepProgress).map(\.message)
        #expect(said.contains("try 3 of 4: cannot find firewall aura-agents: no answer; next try in 8.0 s"))
    }
}
