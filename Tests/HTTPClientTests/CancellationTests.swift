import HTTPClient
import HTTPDoubles
import Testing

/// Cancellation, the bound of the queue and the shutdown of the client.
@Suite struct CancellationTests {
    @Test func abortEndsTheCallAtOnce() async throws {
        let arrived = Signal()
        try await TestServer.run { _ in
            arrived.raise()
            return .silence
        } _: { server in
            let client = HTTPClient()
            let call = Task { try await client.send(HTTPRequest(.get, server.url, timeout: .seconds(600))) }
            await arrived.wait()
            call.cancel()
            let error = await #expect(throws: HTTPError.self) { try await call.value }
            #expect(error?.code == .cancelled)
            #expect(error?.mayHaveBeenSent == true)
            await client.shutdown()
        }
    }

    @Test func abortBeforeTheCallSendsNothing() async throws {
        try await TestServer.run { _ in
            .silence
        } _: { server in
            let client = HTTPClient()
            let go = Signal()
            let call = Task {
                await go.wait()
                return try await client.send(HTTPRequest(.get, server.url, timeout: .seconds(600)))
            }
            call.cancel()
            go.raise()
            let error = await #expect(throws: HTTPError.self) { try await call.value }
            #expect(error?.code == .cancelled)
            await client.shutdown()
        }
    }

    /// A request with `.finish` ignores cancellation and gets its reply.
    ///
    ///     cancel ─────────┐
    ///     client: send ── (nothing happens) ── reply
    ///     server:    arrived ── waits for go ──┘
    @Test func aFinishRequestIgnoresCancellation() async throws {
        let arrived = Signal()
        let go = Signal()
        try await TestServer.run { _ in
            arrived.raise()
            await go.wait()
            return .status(201, body: "made")
        } _: { server in
            let client = HTTPClient()
            let call = Task {
                try await client.send(HTTPRequest(.post, server.url, timeout: ample, cancellation: .finish))
            }
            await arrived.wait()
            call.cancel()
            go.raise()
            let response = try await call.value
            #expect(response.body == Array("made".utf8))
            await client.shutdown()
        }
    }

    @Test func aFullQueueRefusesCallsUntilOneIsCancelled() async throws {
        let arrived = Signal()
        try await TestServer.run { _ in
            arrived.raise()
            return .silence
        } _: { server in
            let client = HTTPClient(settings: HTTPClientSettings(maximumActive: 1, maximumQueued: 0))
            let request = HTTPRequest(.get, server.url, timeout: .seconds(600))
            let first = Task { try await client.send(request) }
            await arrived.wait()
            let refused = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(refused?.code == .overloaded)
            #expect(refused?.mayHaveBeenSent == false)
            first.cancel()
            _ = await first.result
            let again = await #expect(throws: HTTPError.self) {
                try await client.send(HTTPRequest(.get, server.url, timeout: .milliseconds(50)))
            }
            #expect(again?.code != .overloaded)
            await client.shutdown()
        }
    }

    @Test func theTimeOutCountsInTheQueue() async throws {
        let arrived = Signal()
        try await TestServer.run { _ in
            arrived.raise()
            return .silence
        } _: { server in
            let client = HTTPClient(settings: HTTPClientSettings(maximumActive: 1))
            let first = Task { try await client.send(HTTPRequest(.get, server.url, timeout: .seconds(600))) }
            await arrived.wait()
            let late = await #expect(throws: HTTPError.self) {
                try await client.send(HTTPRequest(.get, server.url, timeout: .milliseconds(50)))
            }
            #expect(late?.code == .timedOut)
            #expect(late?.mayHaveBeenSent == false)
            first.cancel()
            _ = await first.result
            await client.shutdown()
        }
    }

    @Test func shutdownFailsRunningQueuedAndLaterCalls() async throws {
        let arrived = Counter()
        try await TestServer.run { _ in
            arrived.add()
            return .silence
        } _: { server in
            let client = HTTPClient(settings: HTTPClientSettings(maximumActive: 2))
            let calls = (1...5).map { _ in
                Task {
                    try await client.send(HTTPRequest(.post, server.url, timeout: .seconds(600), cancellation: .finish))
                }
            }
            await arrived.wait(until: 2)
            await client.shutdown()
            var sent = 0
            for call in calls {
                let error = await #expect(throws: HTTPError.self) { try await call.value }
                #expect(error?.code == .closed)
                if error?.mayHaveBeenSent == true { sent += 1 }
            }
            #expect(sent == 2)
            let after = await #expect(throws: HTTPError.self) {
                try await client.send(HTTPRequest(.get, server.url, timeout: ample))
            }
            #expect(after?.code == .closed)
            await client.shutdown()
        }
    }

    /// Cancellation races with the reply at different times. Each call ends in exactly one way.
    @Test func aCallEndsOnceIfCancellationRacesTheReply() async throws {
        try await TestServer.run { _ in
            .status(200)
        } _: { server in
            let client = HTTPClient(settings: HTTPClientSettings(maximumActive: 4))
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let call = Task {
                            try await client.send(HTTPRequest(.get, "\(server.url)/\(index)", timeout: ample))
                        }
                        if index % 2 == 0 { await Task.yield() }
                        call.cancel()
                        switch await call.result {
                        case .success(let response): #expect(response.status == 200)
                        case .failure(let error): #expect((error as? HTTPError)?.code == .cancelled)
                        }
                    }
                }
            }
            await client.shutdown()
        }
    }
}
