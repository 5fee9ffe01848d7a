import AuraModel
import DriverKit
import Jobs
import Locking
import TestKit
import Testing

@testable import Agents

/// An unexpected reply of a provider never destroys a machine that is paid for.
@Suite struct RefusalTests {
    private static let retired = Failure(
        .permanent, code: "invalid_input", message: "server type 22 is deprecated", concern: .candidate)
    private static let soldOut = Failure(.capacity, code: "resource_unavailable", message: "no room")
    private static let unauthorized = Failure(.permanent, code: "unauthorized", message: "no", concern: .token)

    // MARK: candidates

    @Test(arguments: [retired, soldOut]) func aRefusedCandidateIsFollowedByTheNextOne(_ refusal: Failure) async throws {
        let bench = OperationBench()
        bench.outside.refuse { call, number in call == "create server" && number < 3 ? refusal : nil }
        #expect(try await bench.provision().state == .succeeded)
        #expect(bench.outside.state.withLock { $0.placements.map(\.location) } == ["a", "b", "a"])
    }

    @Test func provisionFailsIfAllCandidatesAreRetired() async throws {
        let bench = OperationBench()
        bench.outside.refuse { call, _ in call == "create server" ? Self.retired : nil }
        #expect(try await bench.provision().failure?.code == "invalid_input")
    }

    /// The create call was accepted, but its action fails for lack of capacity.
    @Test func anActionWithoutCapacityMovesOnToTheNextCandidate() async throws {
        let bench = OperationBench()
        bench.outside.state.withLock { $0.outcomes["create"] = [.error(Self.soldOut), .error(Self.retired)] }
        #expect(try await bench.provision().state == .succeeded)
        #expect(bench.outside.state.withLock { $0.placements.map(\.serverType) } == ["x", "x", "y"])
        #expect(bench.outside.servers.count == 1)
    }

    // MARK: machines

    @Test func aServerThatIsOnlyOffAfterAFailedActionIsStarted() async throws {
        let bench = OperationBench()
        let failed = Failure(.transient, code: "action_failed", message: "it did not start")
        bench.outside.state.withLock { state in
            state.outcomes["create"] = [.error(failed)]
            state.statusAtBirth = .off
        }
        #expect(try await bench.provision().state == .succeeded)
        #expect(bench.outside.calls.contains("power on"))
        #expect(bench.outside.calls.count { $0 == "create server" } == 1)
    }

    @Test func aServerThatCannotBeStartedIsReplacedABoundedNumberOfTimes() async throws {
        let bench = OperationBench()
        let failed = Failure(.transient, code: "action_failed", message: "broken host")
        bench.outside.state.withLock { state in
            state.outcomes["create"] = [.error(failed), .success]
            state.statusAtBirth = .initializing
        }
        bench.outside.refuse { call, number in
            if call == "create server", number == 2 { bench.outside.state.withLock { $0.statusAtBirth = .running } }
            return nil
        }
        #expect(try await bench.provision().state == .succeeded)
        #expect(bench.outside.calls.count { $0 == "create server" } == 2)

        let hopeless = OperationBench()
        hopeless.outside.state.withLock { state in
            state.outcomes["create"] = Array(repeating: .error(failed), count: 100)
            state.statusAtBirth = .initializing
        }
        #expect(try await hopeless.provision().failure?.code == "action_failed")
        #expect(hopeless.outside.servers.isEmpty)
    }

    @Test func aServerThatWasSwitchedOffWhileItBootsIsStarted() async throws {
        let bench = OperationBench()
        bench.outside.refuse { call, number in
            guard call == "reach", number == 1 else { return nil }
            bench.outside.state.withLock { state in for id in state.servers.keys { state.servers[id]?.status = .off } }
            return Failure(.transient, code: "sshRefused", message: "no")
        }
        #expect(try await bench.provision().state == .succeeded)
        #expect(bench.outside.calls.contains("power on"))
    }

    /// The provider continues to list an action as running although the server runs.
    @Test func anUnfinishedActionDoesNotDelayProvisionIfTheServerRuns() async throws {
        let bench = OperationBench()
        bench.outside.state.withLock { $0.outcomes["create"] = [.running] }
        let job = try await bench.provision()
        #expect(job.state == .succeeded)
        #expect((job.finishedAt ?? job.createdAt) - job.createdAt < .seconds(300))
    }

    @Test func hostKeyMismatchesBeforeAndAfterARebootDoNotAddUp() async throws {
        let bench = OperationBench { $0.pace.refusalPatience = .seconds(4) }
        let refused = Failure(.permanent, code: "sshHostKeyMismatch", message: "another key")
        let down = Failure(.transient, code: "sshRefused", message: "down")
        bench.outside.refuse { call, number in
            guard call == "reach", number <= 5 else { return nil }
            return number == 1 || number == 5 ? refused : down
        }
        #expect(try await bench.provision().state == .succeeded)
    }

    // MARK: tokens, projects

    /// The token is withdrawn while the machine is being configured, and restored hours later.
    @Test(arguments: ["read server", "mint key", "read device"]) func aRefusedTokenParksAProvisionThatHasAMachine(
        _ call: String
    ) async throws {
        let bench = OperationBench()
        let back = bench.time.now() + .seconds(5 * 3600)
        bench.outside.refuse { [time = bench.time] name, _ in
            name == call && time.now() < back ? Self.unauthorized : nil
        }
        let job = try await bench.provision()
        #expect(job.state == .succeeded, "\(job.failure?.message ?? "")")
        #expect(try await bench.alerts() == ["jobParked"])
        #expect(bench.outside.calls.count { $0 == "create server" } == 1)
    }

    /// Nothing is paid for yet, so the operation fails at once.
    @Test func aRefusedTokenFailsAProvisionWithoutAMachine() async throws {
        let bench = OperationBench()
        bench.outside.refuse { call, _ in call == "create server" ? Self.unauthorized : nil }
        #expect(try await bench.provision().failure?.code == "unauthorized")
    }

    // MARK: a second look

    @Test func aServerMissingFromOneLookupIsNotCreatedAgain() async throws {
        let bench = OperationBench()
        bench.outside.hides("read server", 1, andThen: "find server", 2)
        #expect(try await bench.provision().state == .succeeded)
        #expect(bench.outside.calls.count { $0 == "create server" } == 1)
    }

    @Test(arguments: [JobKind.suspend, .restart]) func aServerMissingFromOneLookupDoesNotFailAPowerOperation(
        _ kind: JobKind
    ) async throws {
        let bench = OperationBench()
        _ = try await bench.provision()
        bench.outside.hides("read server", 1, andThen: "find server", 1)
        #expect(try await bench.operate(kind).state == .succeeded)
    }

    // MARK: power

    @Test func aRefusedShutdownIsFollowedByPowerOff() async throws {
        let bench = OperationBench()
        _ = try await bench.provision()
        bench.outside.refuse { call, _ in
            call == "shut down" ? Failure(.permanent, code: "unsupported_error", message: "not supported") : nil
        }
        #expect(try await bench.operate(.suspend).state == .succeeded)
        #expect(try await bench.instance()?.phase == .suspended)
        #expect(bench.outside.calls.contains("power off"))
    }

    // MARK: nothing to undo

    /// A wrong endpoint, a 403 for everything or a redirect: the step sent no change, and its undo would fail in the
    /// same way.
    @Test(arguments: [ErrorClass.permanent, .transient]) func aStepThatSentNoChangeIsNotUndone(_ errorClass: ErrorClass)
        async throws
    {
        let bench = OperationBench()
        bench.outside.refuse { _, _ in Failure(errorClass, code: "http302", message: "moved") }
        let job = try await bench.provision()
        #expect(job.state == .failed)
        #expect(try await bench.instance()?.phase == .failed)
        #expect(try await bench.alerts().isEmpty)
        let before = bench.outside.calls
        #expect(before.isEmpty)
    }

    @Test func aStepThatSentAChangeIsUndone() async throws {
        let bench = OperationBench()
        bench.outside.refuse { call, _ in
            call == "create server" ? Failure(.ambiguous, code: "timeout", message: "no answer") : nil
        }
        #expect(try await bench.provision().state == .failed)
        #expect(bench.outside.state.withLock { $0.keys.isEmpty })
    }

    // MARK: every refusal at every call

    /// Tries every reaction at the create call, its action, the power calls and the delete call. After a refusal that
    /// ends, there is one running machine or none, never two.
    @Test(arguments: [
        Failure(.transient, code: "locked", message: "x"), soldOut, retired, unauthorized,
        Failure(.ambiguous, code: "server_error", message: "x"),
        Failure(.permanent, code: "resource_limit_exceeded", message: "x", concern: .project),
        Failure(.permanent, code: "unsupported_error", message: "x"),
    ])
    func temporaryRefusalsLeaveNoMissingOrExtraMachine(_ refusal: Failure) async throws {
        for call in [
            "create server", "read server", "find server", "read actions", "power on", "power off", "shut down",
        ] {
            let bench = OperationBench()
            bench.outside.refuse { name, number in name == call && number <= 2 ? refusal : nil }
            let provisioned = try await bench.provision()
            let phase = try await bench.instance()?.phase
            #expect(phase == (provisioned.state == .succeeded ? .running : .failed), "\(call)")
            #expect(bench.outside.servers.count == (phase == .running ? 1 : 0), "\(call)")
            guard phase == .running else { continue }
            for kind in [JobKind.suspend, .resume, .restart] {
                bench.outside.refuse { name, number in name == call && number <= 2 ? refusal : nil }
                _ = try? await bench.operate(kind)
                #expect(bench.outside.servers.count == 1, "\(kind) at \(call)")
            }
            bench.outside.refuse { name, number in
                [call, "delete server"].contains(name) && number <= 2 ? refusal : nil
            }
            #expect(try await bench.operate(.destroy).state == .succeeded, "\(call)")
            #expect(bench.outside.servers.isEmpty)
        }
    }

    @Test(arguments: [
        Failure(.transient, code: "action_failed", message: "x"), soldOut, retired, unauthorized,
        Failure(.permanent, code: "unsupported_error", message: "x"),
        Failure(.permanent, code: "resource_limit_exceeded", message: "x", concern: .project),
    ])
    func anActionThatFailsOnceDoesNotFailTheProvision(_ refusal: Failure) async throws {
        for status in [ServerStatus.running, .off, .initializing] {
            let bench = OperationBench()
            bench.outside.state.withLock { state in
                state.outcomes["create"] = [.error(refusal)]
                state.statusAtBirth = status
            }
            bench.outside.refuse { [outside = bench.outside] call, number in
                if call == "create server", number == 2 { outside.state.withLock { $0.statusAtBirth = .running } }
                return nil
            }
            #expect(try await bench.provision().state == .succeeded, "\(status.rawValue)")
            #expect(bench.outside.servers.count == 1)
        }
    }

    // MARK: runs of the play

    @Test(arguments: [
        (ErrorClass.ambiguous, 2, true), (.ambiguous, 3, false), (.transient, 7, true), (.permanent, 1, false),
    ])
    func aFailedPlayRunsAgainOnTheSameMachine(_ errorClass: ErrorClass, failures: Int, ends: Bool) async throws {
        for play in ["configure", "join"] {
            let bench = OperationBench()
            bench.outside.refuse { call, number in
                call == play && number <= failures
                    ? Failure(errorClass, code: "ansibleTaskFailed", message: "task base : apt: 503") : nil
            }
            #expect(try await bench.provision().state == (ends ? .succeeded : .failed), "\(play)")
            #expect(bench.outside.calls.count { $0 == "create server" } == 1)
        }
    }

    @Test func aPlayThatFailsForEverEndsAfterABoundedNumberOfRuns() async throws {
        let bench = OperationBench()
        let runs = Locked(0)
        bench.outside.refuse { call, number in
            guard call == "configure" else { return nil }
            runs.withLock { $0 = number }
            return Failure(.transient, code: "ansibleTaskFailed", message: "task base : apt: 503")
        }
        #expect(try await bench.provision().failure?.code == "ansibleTaskFailed")
        #expect(runs.withLock { $0 } == RunTries.limit)
    }
}

/// A destroy while one provider is down all the time.
@Suite struct DestroyBranchTests {
    private static let compute = ["server", "key", "power", "shut", "actions"]

    private static func down(_ words: [String], _ errorClass: ErrorClass) -> FakeOutside.Refusal {
        { call, _ in
            words.contains { call.contains($0) } && !["mint key", "revoke key"].contains(call)
                ? Failure(errorClass, code: "down", message: "down", concern: .token) : nil
        }
    }

    @Test(arguments: [ErrorClass.transient, .permanent]) func destroyDeletesTheMachineWhileTheTailnetIsDown(
        _ errorClass: ErrorClass
    ) async throws {
        let bench = OperationBench()
        _ = try await bench.provision()
        bench.outside.refuse(Self.down(["device", "mint", "revoke"], errorClass))
        let begun = bench.time.now()
        let job = try await bench.operate(.destroy)
        #expect(job.state == .succeeded)
        #expect(bench.outside.servers.isEmpty)
        #expect(bench.outside.state.withLock { $0.keys.isEmpty && $0.credentials.isEmpty })
        #expect(bench.time.now() - begun < .seconds(600))
        #expect(try await bench.alerts() == ["leftToSweep"])
    }

    @Test(arguments: [ErrorClass.transient, .permanent]) func destroyDeletesTheDeviceWhileTheComputeProviderIsDown(
        _ errorClass: ErrorClass
    ) async throws {
        let bench = OperationBench()
        _ = try await bench.provision()
        bench.outside.refuse(Self.down(Self.compute, errorClass))
        let job = try await bench.operate(.destroy, rounds: 60)
        #expect(!job.state.isTerminal, "the machine exists")
        #expect(bench.outside.devices.isEmpty)
        bench.outside.refuse { _, _ in nil }
        #expect(try await bench.work(off: job.id).state == .succeeded)
        #expect(bench.outside.servers.isEmpty)
    }

    /// A destroy of version 1 continues with the step order of version 1.
    @Test func destroyJobsOfVersion1KeepTheStepOrderOfVersion1() throws {
        let catalogue = JobCatalogue(Agents.operations(OperationBench().services))
        var job = Fixture.job(.destroy, of: Fixture.instance(phase: .running))
        #expect(catalogue.definition(of: job)?.steps[1].plan.name == "network.leave")
        job.definitionVersion = 2
        #expect(catalogue.definition(of: job)?.steps[1].plan.name == "server.delete")
    }
}
