import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Locking
import NIOCore
import RPCTransport
import TestKit
import Testing

@testable import AuraClient

@Suite(.timeLimit(.minutes(3))) struct AuraClientTests {
    /// Runs `body` with a client of a scripted daemon.
    func served(
        _ daemon: PlayedDaemon = PlayedDaemon(), patience: Duration = .seconds(60),
        _ body: (AuraClient, PlayedDaemon) async throws -> Void
    ) async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try await TestServer.run(on: [.unix(path: path)], router: daemon.router) { _ in
            let client = AuraClient(.unix(path: path), patience: patience)
            try await body(client, daemon)
            await client.close()
        }
    }

    @Test func typedCallsReturnResultsAndThrowErrors() async throws {
        try await served { client, daemon in
            let operation = try await client.provision(name: "ada", region: "eu-central", size: "small")
            #expect(operation.instance == PlayedDaemon.instance)
            #expect(try await client.call(AuraAPI.Methods.systemPing, NoParams()).pong)
            daemon.state.withLock { $0.refusals = [RPCError(.nameTaken, "cannot provision ada", data: ["x": 1])] }
            let error = await #expect(throws: RPCError.self) {
                try await client.provision(name: "ada", region: "eu-central", size: "small")
            }
            #expect(error?.code == .nameTaken)
            #expect(error?.data == ["x": 1])
        }
    }

    /// The daemon accepts no connections, because their queue is full. The client retries until its retry budget is
    /// used up, and does not give up at once.
    @Test func aFullQueueOfConnectionsIsRetriedForTheRetryBudget() async throws {
        let scratch = try ScratchDirectory()
        let queue = try FullQueue(scratch.socket)
        defer { queue.close() }
        let client = AuraClient(.unix(path: scratch.socket), patience: .seconds(1))
        let begun = ContinuousClock.now
        let error = await #expect(throws: ClientError.self) {
            try await client.call(AuraAPI.Methods.systemPing, NoParams())
        }
        #expect(error?.code == .patienceOver)
        #expect(ContinuousClock.now - begun > .milliseconds(500))
        await client.close()
    }

    @Test func everyOperationGetsAUniqueIdempotencyKeyUnlessOneIsGiven() async throws {
        try await served { client, daemon in
            for key in [nil, nil, "mine"] {
                _ = try await client.provision(name: "ada", region: "r", size: "s", idempotencyKey: key)
            }
            _ = try await client.call(
                AuraAPI.Methods.provision, ProvisionParameters(name: "ada", region: "r", size: "s"))
            let keys = daemon.state.withLock { $0.keys }
            #expect(Set(keys).count == 4)
            #expect(keys[2] == "mine")
            #expect([keys[0], keys[1], keys[3]].allSatisfy { $0?.count == 36 })
        }
    }

    @Test func aReceivedResultKeepsItsMembersAndItsCallGetsNoKey() async throws {
        try await served { client, daemon in
            let operation = try await client.receive(
                AuraAPI.Methods.provision, ProvisionParameters(name: "ada", region: "r", size: "s"))
            #expect(try operation.decoded().instance == PlayedDaemon.instance)
            #expect(daemon.state.withLock { $0.keys } == [nil])
            let narrow = RPCMethod<NoParams, NoParams>("system.ping")
            #expect(try await client.receive(narrow, NoParams()).json == ["pong": true])
            let strange = RPCMethod<NoParams, JobResult>("system.ping")
            let reply = try await client.receive(strange, NoParams())
            let error = #expect(throws: JSONDecodingError.self) { try reply.decoded() }
            #expect(error?.path == "result.job")
        }
    }

    @Test func aResultOfAnotherShapeIsAnInvalidReply() async throws {
        try await served { client, _ in
            let strange = RPCMethod<NoParams, JobResult>("system.ping")
            let error = await #expect(throws: ClientError.self) { try await client.call(strange, NoParams()) }
            #expect(error?.code == .invalidReply)
            #expect(error?.message.contains("result.job") == true)
        }
    }

    @Test func aCallRefusedBeforeExecutionIsSentAgain() async throws {
        try await served { client, daemon in
            daemon.state.withLock { state in
                state.refusals = [.shuttingDown, .tooManyInFlight].map { RPCError($0, "not now") }
            }
            _ = try await client.provision(name: "ada", region: "r", size: "s")
            let keys = daemon.state.withLock { $0.keys }
            #expect(keys.count == 3 && Set(keys).count == 1)
        }
    }

    @Test func noCallIsRetriedWithoutARetryBudget() async throws {
        try await served(patience: .zero) { client, daemon in
            daemon.state.withLock { $0.refusals = [RPCError(.shuttingDown, "not now")] }
            let refused = await #expect(throws: RPCError.self) { try await client.systemPing() }
            #expect(refused?.code == .shuttingDown)
            let answer = try await client.systemPing()
            #expect(answer.pong)
        }
    }

    @Test func aCallWhoseConnectionBreaksIsCarriedOutByTheNextDaemon() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let first = PlayedDaemon()
        let second = PlayedDaemon()
        second.gate.release()
        let client = AuraClient(.unix(path: path), patience: .seconds(600), timeout: .seconds(600))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            try await TestServer.run(on: [.unix(path: path)], router: first.router, drain: .milliseconds(1)) { _ in
                tasks.addTask {
                    let operation = try await client.restart(instance: "ada")
                    #expect(operation.instance.name == "ada")
                }
                await first.gate.untilArrived()
            }
            first.gate.release()
            try await TestServer.run(on: [.unix(path: path)], router: second.router) { _ in
                try await tasks.waitForAll()
                await client.close()
            }
        }
        let keys = [first, second].map { daemon in daemon.state.withLock { $0.keys } }
        #expect(keys[0].count == 1)
        #expect(keys[0] == keys[1])
    }

    @Test func callsSucceedThroughRestartsOfTheDaemon() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let client = AuraClient(.unix(path: path), patience: .seconds(600), timeout: .seconds(600))
        let (answers, answered) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask {
                    for _ in 0..<100 {
                        let answer = try await client.systemPing()
                        #expect(answer.pong)
                        answered.yield()
                    }
                }
            }
            var count = 0
            var arrivals = answers.makeAsyncIterator()
            for life in 1...4 {
                try await TestServer.run(on: [.unix(path: path)], router: PlayedDaemon().router, drain: .seconds(1)) {
                    _ in
                    while count < life * 200, await arrivals.next() != nil { count += 1 }
                }
            }
            try await TestServer.run(on: [.unix(path: path)], router: PlayedDaemon().router) { _ in
                try await tasks.waitForAll()
                await client.close()
            }
        }
    }

    @Test func aCallFailsWhenTheRetryBudgetEnds() async throws {
        let scratch = try ScratchDirectory()
        let time = ManualTime()
        let client = AuraClient(.unix(path: scratch.socket), time: time, random: SeededRandom(seed: 7))
        let start = time.now()
        let error = await #expect(throws: ClientError.self) {
            try await passing(time) { _ = try await client.systemPing() }
        }
        #expect(error?.code == .patienceOver)
        #expect(error?.message.contains("could not be used for 60.0 seconds: cannot reach aurad at") == true)
        #expect(time.now() - start >= .seconds(60))
    }

    @Test func aCallWithoutReplyFailsAtItsTimeout() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let daemon = PlayedDaemon()
        let time = ManualTime()
        try await TestServer.run(on: [.unix(path: path)], router: daemon.router) { _ in
            let client = AuraClient(.unix(path: path), timeout: .seconds(5), time: time)
            let call = Task { try await client.restart(instance: "ada") }
            await daemon.gate.untilArrived()
            try await time.sleepers(atLeast: 1)
            time.advance(by: .seconds(5))
            let error = await #expect(throws: ClientError.self) { try await call.value }
            #expect(error?.code == .timedOut)
            #expect(daemon.state.withLock { $0.keys.count } == 1)
            daemon.gate.release()
            await client.close()
        }
    }

    @Test func cancellationEndsACallAndTheWaitForADaemon() async throws {
        try await served { client, daemon in
            let call = Task { try await client.restart(instance: "ada") }
            await daemon.gate.untilArrived()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            daemon.gate.release()
        }
        let time = ManualTime()
        let absent = AuraClient(.unix(path: "/tmp/aura-there-is-no-such-socket"), time: time)
        let waiting = Task { try await absent.systemPing() }
        try await time.sleepers(atLeast: 1)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test func aClosedClientFailsRunningAndLaterCalls() async throws {
        try await served { client, daemon in
            let call = Task { try await client.restart(instance: "ada") }
            await daemon.gate.untilArrived()
            await client.close()
            for result in [await call.result, await Task { try await client.restart(instance: "ada") }.result] {
                let error = #expect(throws: ClientError.self) { try result.get() }
                #expect(error?.code == .closed)
            }
            daemon.gate.release()
        }
    }

    @Test func closeEndsRetryPausesAndSubscriptions() async throws {
        let time = ManualTime()
        let absent = AuraClient(.unix(path: "/tmp/aura-there-is-no-such-socket"), time: time)
        let pausing = Task { try await absent.systemPing() }
        try await time.sleepers(atLeast: 1)
        await absent.close()
        let ended = await #expect(throws: ClientError.self) { try await pausing.value }
        #expect(ended?.code == .closed)
        try await served(PlayedDaemon(head: 1)) { client, daemon in
            let events = try await client.subscribe(from: .start)
            var iterator = events.makeAsyncIterator()
            #expect(try await iterator.next()?.seq == 1)
            await client.close()
            #expect(try await iterator.next() == nil)
            let closed = await #expect(throws: ClientError.self) { try await client.subscribe() }
            #expect(closed?.code == .closed)
            #expect(daemon.state.withLock { $0.subscribed.count } == 1)
        }
    }

    @Test func aCallThatIsCancelledBeforeItIsSentIsNotSent() async throws {
        try await served { client, daemon in
            let connection = try await client.connection()
            for _ in 0..<200 {
                let call = Task { try await connection.call("restart", ["instance": "ada"]) }
                call.cancel()
                await #expect(throws: CancellationError.self) { try await call.value }
            }
            let pong = try await client.systemPing()
            #expect(pong.pong, "the calls that were given up hold no slot")
            daemon.gate.release()
        }
    }

    @Test func aCallThatIsTooLongIsRefusedUnsent() async throws {
        try await served { client, daemon in
            let error = await #expect(throws: ClientError.self) {
                try await client.restart(instance: String(repeating: "x", count: 1 << 20))
            }
            #expect(error?.code == .tooLarge)
            #expect(daemon.state.withLock { $0.keys.isEmpty })
        }
    }

    @Test func theWaitForAJobEndsWithTheJobOrAtItsTimeout() async throws {
        try await served { client, daemon in
            let operation = try await client.provision(name: "ada", region: "r", size: "s")
            daemon.state.withLock { $0.refusals = [RPCError(.waitTimeout, "not yet")] }
            #expect(try await client.waitUntilRunning(operation) == PlayedDaemon.instance)
            daemon.state.withLock { $0.refusals = [RPCError(.waitTimeout, "not yet")] }
            let late = await #expect(throws: ClientError.self) {
                try await client.wait(for: operation.job.id, timeout: .zero)
            }
            #expect(late?.code == .timedOut)
            daemon.state.withLock { $0.jobState = .failed }
            let failed = await #expect(throws: JobFailed.self) { try await client.waitUntilRunning(operation) }
            #expect(failed?.description == "provision failed: not allowed")
        }
    }
}

/// Runs `body`, and advances `time` by 500 ms whenever a task sleeps on it.
func passing(_ time: ManualTime, _ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        defer { tasks.cancelAll() }
        tasks.addTask { try await body() }
        tasks.addTask {
            while true {
                try await time.sleepers(atLeast: 1)
                time.advance(by: .milliseconds(500))
            }
        }
        try await tasks.next()
    }
}
