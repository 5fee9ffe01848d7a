import AuraAPI
import AuraClient
import AuraModel
import JSON
import JSONRPC
import Locking
import NIOCore
import RPCTransport
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct EventSubscriptionTests {
    func served(
        _ daemon: PlayedDaemon, buffer: Int = 1024, _ body: (AuraClient) async throws -> Void
    ) async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        // A server that closes a connection drops what its client has not read within the drain time.
        try await TestServer.run(
            on: [.unix(path: path)], router: daemon.router, limits: PlayedDaemon.limits, drain: .minutes(10)
        ) { _ in
            let client = AuraClient(
                .unix(path: path), patience: .seconds(600), timeout: .seconds(600), notificationBuffer: buffer)
            try await body(client)
            await client.close()
        }
    }

    func places(_ events: EventSubscription) async throws -> [Int64] {
        var places: [Int64] = []
        for try await event in events { places.append(event.seq) }
        return places
    }

    @Test func aJobIsFollowedToItsEnd() async throws {
        let daemon = PlayedDaemon(head: 7)
        try await served(daemon) { client in
            let events = try await client.follow(JobID("j1"))
            #expect(try await places(events) == Array(1...7))
            #expect(events.reason == .terminal)
            #expect(events.seq == 12, "the bookmark moved it")
            #expect(try await places(events).isEmpty)
        }
        #expect(
            daemon.state.withLock { $0.subscribed }
                == [SubscribeParameters(filter: FilterParameters(job: JobID("j1")), from: .start, until: .terminal)])
    }

    /// Enumerations may get new values. A client that does not know a value reads its text and continues.
    @Test func unknownEventTypesAndEndReasonsAreReadAsText() async throws {
        let daemon = PlayedDaemon(head: 2)
        daemon.state.withLock { state in
            state.eventType = "step.dreamt"
            state.endReason = "tired"
        }
        try await served(daemon) { client in
            let events = try await client.follow(JobID("j1"))
            for try await event in events {
                #expect(event.type == Open(rawValue: "step.dreamt"))
                #expect(event.type != .stepDone)
                #expect(event.type.known == nil)
            }
            #expect(events.seq == 7)
            #expect(events.reason?.description == "tired")
        }
        #expect(Open<JobState>.failed.isTerminal && !Open<JobState>.running.isTerminal)
        #expect(!Open<JobState>(rawValue: "dreaming").isTerminal)
    }

    /// A client sends what it was given. The daemon decides, and its error names the values that it knows.
    @Test func aValueThatOnlyADaemonKnowsIsSentAsText() async throws {
        let daemon = PlayedDaemon()
        try await served(daemon) { client in
            _ = try await client.subscribe(
                filter: FilterParameters(types: [.jobQueued, Open(rawValue: "job.dreamt")]),
                onLag: Open(rawValue: "sigh"))
        }
        let sent = try #require(daemon.state.withLock { $0.subscribed.first })
        #expect(sent.filter?.types?.map(\.rawValue) == ["job.queued", "job.dreamt"])
        #expect(sent.onLag?.rawValue == "sigh")
        #expect(try sent.filter?.types?[0].checked() == .jobQueued)
        let refusal = #expect(throws: RPCError.self) { try sent.onLag?.checked() }
        #expect(refusal?.code == .invalidParams)
        #expect(refusal?.message == "cannot use the value \"sigh\": give one of replay, coalesce, close")
    }

    @Test func everyEventArrivesOnceDespiteLostConnections() async throws {
        let daemon = PlayedDaemon(head: 2_000)
        daemon.state.withLock { $0.cuts = [0, 1, 7, 900, 0, 1_000] }
        try await served(daemon, buffer: 4) { client in
            let events = try await client.subscribe(from: .start, until: .terminal)
            #expect(try await places(events) == Array(1...2_000))
            #expect(events.reason == .terminal)
        }
        let starts = daemon.state.withLock { $0.subscribed.map(\.from) }
        #expect(starts.count == 7)
        #expect(starts.prefix(3) == [.start, .start, .after(1)])
        // The server closes the connection of a client that reads nothing for a second, as on a busy machine. The client
        // then resumes earlier than after the last event that was sent.
        let cursors = starts.compactMap { if case .after(let seq) = $0 { seq } else { nil } }
        #expect(zip(cursors, cursors.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(zip(cursors, [1, 8, 908, 908, 1_908]).allSatisfy { $0 <= $1 })
    }

    @Test func aSubscriptionContinuesAfterRestartsOfTheServer() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let client = AuraClient(.unix(path: path), patience: .seconds(600), timeout: .seconds(600))
        var events: EventSubscription?
        var seen: [Int64] = []
        for head in [3, 3, 8, 20] as [Int64] {
            try await TestServer.run(on: [.unix(path: path)], router: PlayedDaemon(head: head).router) { _ in
                let subscription: EventSubscription
                if let events { subscription = events } else { subscription = try await client.subscribe(from: .start) }
                events = subscription
                var iterator = subscription.makeAsyncIterator()
                while (seen.last ?? 0) < head, let event = try await iterator.next() { seen.append(event.seq) }
            }
        }
        #expect(seen == Array(1...20))
        await events?.close()
    }

    @Test func nowKeepsItsPositionThroughALostConnection() async throws {
        let daemon = PlayedDaemon(head: 41)
        daemon.state.withLock { $0.cuts = [0] }
        try await served(daemon) { client in
            let events = try await client.subscribe(until: .terminal)
            #expect(try await places(events).isEmpty)
        }
        #expect(daemon.state.withLock { $0.subscribed.map(\.from) } == [.now, .after(41)])
    }

    @Test func maxEventsHoldsThroughLostConnections() async throws {
        let daemon = PlayedDaemon(head: 50)
        daemon.state.withLock { $0.cuts = [4, 5] }
        try await served(daemon) { client in
            let events = try await client.subscribe(from: .start, maxEvents: 10)
            #expect(try await places(events) == Array(1...10))
            #expect(events.reason == .maxEvents)
        }
        #expect(daemon.state.withLock { $0.subscribed.map(\.maxEvents) } == [10, 6, 1])
    }

    @Test func aLostEndAfterMaxEventsCausesNoNewSubscription() async throws {
        let daemon = PlayedDaemon(head: 50)
        daemon.state.withLock { $0.cuts = [10] }
        try await served(daemon) { client in
            let events = try await client.subscribe(from: .start, maxEvents: 10)
            #expect(try await places(events).count == 10)
            #expect(events.reason == .maxEvents)
        }
        #expect(daemon.state.withLock { $0.subscribed.count } == 1)
    }

    @Test func anIncompleteSnapshotIsRepeatedAndACompleteOneIsNot() async throws {
        let daemon = PlayedDaemon(head: 8)
        daemon.state.withLock { $0.cuts = [1, 3] }
        try await served(daemon) { client in
            let events = try await client.subscribe(from: .snapshot, until: .terminal)
            #expect(try await events.snapshot() == [PlayedDaemon.instance, PlayedDaemon.instance])
            #expect(try await places(events) == [5, 6, 7, 8])
            #expect(try await events.snapshot().count == 2)
        }
        #expect(daemon.state.withLock { $0.subscribed.map(\.from) } == [.snapshot, .snapshot, .after(5)])
    }

    @Test func snapshotThrowsForASubscriptionWithoutSnapshot() async throws {
        try await served(PlayedDaemon(head: 3)) { client in
            let events = try await client.subscribe(from: .start, until: .terminal)
            let error = await #expect(throws: ClientError.self) { try await events.snapshot() }
            #expect(error?.code == .noSnapshot)
            #expect(try await places(events) == [1, 2, 3])
        }
    }

    @Test func aRefusedSubscriptionThrowsItsError() async throws {
        let daemon = PlayedDaemon(head: 9)
        daemon.state.withLock { $0.refusals = [RPCError(.cursorExpired, "pruned", data: ["oldest": 5])] }
        try await served(daemon) { client in
            let error = await #expect(throws: RPCError.self) { try await client.subscribe(from: .after(2)) }
            #expect(error?.code == .cursorExpired)
            #expect(error?.data["oldest"] == 5)
        }
    }

    @Test func theReaderGetsAnErrorWhenTheRetryBudgetEnds() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let client = AuraClient(.unix(path: path), patience: .milliseconds(200))
        var events: EventSubscription?
        try await TestServer.run(on: [.unix(path: path)], router: PlayedDaemon(head: 1).router) { _ in
            events = try await client.subscribe(from: .start)
        }
        var iterator = try #require(events).makeAsyncIterator()
        #expect(try await iterator.next()?.seq == 1)
        let error = await #expect(throws: ClientError.self) { try await iterator.next() }
        #expect(error?.code == .patienceOver)
        #expect(try await iterator.next() == nil)
    }

    @Test func cancellingTheReaderEndsItsWait() async throws {
        let daemon = PlayedDaemon(head: 1)
        try await served(daemon) { client in
            let events = try await client.subscribe(from: .start)
            let (arrivals, arrived) = AsyncStream<Void>.makeStream()
            let reader = Task {
                for try await _ in events { arrived.yield() }
            }
            for await _ in arrivals { break }
            reader.cancel()
            await #expect(throws: CancellationError.self) { try await reader.value }
        }
    }

    @Test func closeEndsTheWaitOfTheReader() async throws {
        try await served(PlayedDaemon(head: 1)) { client in
            let events = try await client.subscribe(from: .start)
            let (arrivals, arrived) = AsyncStream<Void>.makeStream()
            let reader = Task {
                for try await _ in events { arrived.yield() }
            }
            for await _ in arrivals { break }
            await events.close()
            try await reader.value
            #expect(events.reason == nil)
        }
    }
}
