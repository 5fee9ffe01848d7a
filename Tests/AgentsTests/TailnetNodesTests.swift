import AuraModel
import DriverKit
import Locking
import TestKit
import Testing

@testable import Agents

/// The node data that a machine reports is not trusted: only the API's record counts, and only our own devices are
/// deleted.
@Suite struct TailnetNodesTests {
    @Test func nameAndAddressesOfANodeComeFromTheAPI() async throws {
        let bench = OperationBench()
        #expect(try await bench.provision().state == .succeeded)
        let name = try #require(try await bench.instance()).resourceName
        let expected = TailnetFacts(nodeId: "n1", name: "\(name).t.net", addresses: ["100.64.0.9"])
        #expect(try await bench.instance()?.tailnet == expected)
    }

    /// The machine of `mallory` reports the node of `victim` as its own.
    @Test func aMachineThatReportsAForeignNodeFailsAndDeletesNoForeignDevice() async throws {
        let bench = OperationBench()
        #expect(try await bench.provision("victim").state == .succeeded)
        bench.outside.state.withLock { state in
            state.devices.append(bench.outside.device("laptop", "operators-laptop", tags: []))
            state.reported = "n1"
        }
        let job = try await bench.provision("mallory")
        #expect(job.state == .failed)
        #expect(job.failure?.code == "tailnetMismatch")
        #expect(bench.outside.devices.map(\.nodeID) == ["n1", "laptop"])
        #expect(try await bench.instance("victim")?.phase == .running)
        _ = try await bench.operate(.destroy, "mallory")
        #expect(bench.outside.devices.map(\.nodeID) == ["n1", "laptop"])
    }

    @Test func aForeignNodeWithTheNameOfADestroyedInstanceIsNotDeleted() async throws {
        let bench = OperationBench()
        _ = try await bench.provision("victim")
        _ = try await bench.provision("ada")
        bench.outside.state.withLock { state in
            state.devices = state.devices.map { device in
                var device = device
                // The root user of ada's machine gives its node the victim's name.
                if device.nodeID == "n2", let victim = state.devices.first { device.hostname = victim.hostname }
                return device
            }
        }
        let destroyed = try await bench.operate(.destroy, "victim")
        #expect(destroyed.state == .succeeded)
        #expect(bench.outside.devices.map(\.nodeID) == ["n2"])
        #expect(try await bench.alerts() == ["foreignDevice"])
    }

    /// A single unexpected record does not fail an enrolment.
    @Test func oneUnexpectedRecordOfANodeDoesNotFailEnrolment() async throws {
        let bench = OperationBench()
        bench.outside.refuse { call, number in
            if call == "read device", number == 2 { bench.rename("n1", back: true) }
            if call == "read device", number == 1 { bench.rename("n1", back: false) }
            return nil
        }
        #expect(try await bench.provision().state == .succeeded)
    }

    /// The machine is paid for and configured, and an administrator can approve its device at any time.
    @Test(arguments: ["deviceNotAuthorized", "deviceLockedOut"])
    func aBlockedNodeParksTheJobUntilItIsApproved(code: String) async throws {
        let bench = OperationBench()
        let obstacle = DeviceObstacle(code: code, message: "approve the device in the admin console")
        bench.outside.refuse { call, number in
            if call == "read device" { bench.obstruct("n1", number < 4 ? obstacle : nil) }
            return nil
        }
        #expect(try await bench.provision().state == .succeeded)
        #expect(try await bench.instance()?.phase == .running)
        #expect(try await bench.alerts() == ["jobParked"])
        #expect(bench.outside.calls.filter { $0 == "join" || $0 == "create server" } == ["create server", "join"])
    }

    /// A single unexpected record raises no alert.
    @Test func oneBlockedRecordOfANodeRaisesNoAlert() async throws {
        let bench = OperationBench()
        bench.outside.refuse { call, number in
            let obstacle = DeviceObstacle(code: "deviceNotAuthorized", message: "approve it")
            if call == "read device" { bench.obstruct("n1", number == 1 ? obstacle : nil) }
            return nil
        }
        #expect(try await bench.provision().state == .succeeded)
        #expect(try await bench.alerts().isEmpty)
    }

    /// Older nodes of the machine are removed. If the network refuses that, the enrolment succeeds anyway.
    @Test(arguments: [ErrorClass.permanent, .transient]) func failedCleanupDoesNotFailEnrolment(
        _ errorClass: ErrorClass
    ) async throws {
        let bench = OperationBench()
        bench.outside.refuse { call, _ in
            ["delete device", "list devices", "revoke key"].contains(call)
                ? Failure(errorClass, code: "forbidden", message: "no") : nil
        }
        #expect(try await bench.provision().state == .succeeded)
    }

    @Test(arguments: 0..<60) func devicesWithoutOurTagAreNeverDeleted(_ seed: Int) async throws {
        let bench = OperationBench()
        let random = SeededRandom(seed: UInt64(seed))
        let pick = { (count: Int) in Int(random.next() % UInt64(count)) }
        _ = try await bench.provision("victim")
        let isReady = pick(2) == 0
        if isReady { _ = try await bench.provision() }
        let names = ["aura-ada-00000000-g1", "db", try #require(try await bench.instance("victim")).resourceName]
        bench.outside.state.withLock { state in
            for number in 1...12 {
                let own = state.servers.values.map(\.name).sorted()
                let known = names + own + own.map { "\($0)-1" }
                let tags = [[], ["tag:db"], [FakeOutside.tag], [FakeOutside.tag, "tag:db"]][pick(4)]
                state.devices.append(
                    bench.outside.device("d\(number)", known[pick(known.count)], tags: tags, isExternal: pick(4) == 0))
            }
            state.reported = isReady ? nil : "d\(1 + pick(12))"
        }
        let before = bench.outside.devices
        if !isReady { _ = try await bench.provision() }
        _ = try await bench.operate(.destroy)
        let left = Set(bench.outside.devices.map(\.nodeID))
        for device in before where !left.contains(device.nodeID) {
            #expect(device.tags.contains(FakeOutside.tag) && !device.isExternal, "\(device) was deleted")
        }
        #expect(left.contains("n1"), "the victim's node is gone")
    }
}

extension OperationBench {
    fileprivate func obstruct(_ node: String, _ obstacle: DeviceObstacle?) {
        outside.state.withLock { state in
            for index in state.devices.indices where state.devices[index].nodeID == node {
                state.devices[index].obstacle = obstacle
            }
        }
    }

    fileprivate func rename(_ node: String, back: Bool) {
        outside.state.withLock { state in
            for index in state.devices.indices where state.devices[index].nodeID == node {
                let own = state.servers.values.first?.name ?? ""
                state.devices[index].hostname = back ? own : "something-else"
            }
        }
    }
}
