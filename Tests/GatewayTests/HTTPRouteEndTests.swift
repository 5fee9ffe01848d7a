import Gateway
import HTTPClient
import Locking
import NIOCore
import ServiceLifecycle
import Testing

// Imports single types, because the module's `HTTPRequest` would conflict with the one of `HTTPClient`.
import struct HTTPTypes.HTTPResponse

/// Requests to routes that end early: by a slow client, by a client that leaves, and by the shutdown of the daemon.
@Suite(.timeLimit(.minutes(3))) struct HTTPRouteEndTests {
    private static let path = "/hooks/pay"
    private let calls = Locked<[HTTPCall]>([])

    /// A route that keeps its calls and replies at once.
    private var hook: HTTPRoute {
        HTTPRoute(.post, Self.path) { [calls] call in
            calls.withLock { $0.append(call) }
            return HTTPReply(.accepted)
        }
    }

    /// The beginning of a request, whose body has `length` bytes.
    private static func head(length: Int) -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(length)\r\n\r\n"
    }

    private func post(_ gateway: TestGateway) async throws -> Int {
        let request = HTTPRequest(.post, gateway.url + Self.path, body: [1], cancellation: .finish)
        return try await gateway.client.send(request).status
    }

    @Test func aConnectionIsClosedIfTheRestOfItsBodyDoesNotCome() async throws {
        try await TestGateway.run([hook], bodyTime: .milliseconds(100)) { gateway in
            let slow = try await RawConnection.open(gateway)
            try await slow.send(Self.head(length: 100) + String(repeating: "x", count: 50))
            #expect(await slow.rest() == "")
            #expect(try await post(gateway) == 202)
        }
        #expect(calls.withLock { $0.map(\.body) } == [[1]])
    }

    /// The limit is for the whole body: bytes that come one by one do not extend it.
    @Test func aConnectionIsClosedIfItsBodyComesTooSlowly() async throws {
        try await TestGateway.run([hook], bodyTime: .milliseconds(200)) { gateway in
            let slow = try await RawConnection.open(gateway)
            try await slow.send(Self.head(length: 1 << 20))
            await #expect(throws: (any Error).self) {
                for _ in 1..<1 << 20 { try await slow.send("x") }
            }
            #expect(await slow.rest() == "")
        }
        #expect(calls.withLock { $0.isEmpty })
    }

    @Test func aPartOfABodyNeverReachesTheHandler() async throws {
        try await TestGateway.run([hook]) { gateway in
            let leaving = try await RawConnection.open(gateway)
            try await leaving.send(Self.head(length: 100) + String(repeating: "x", count: 50))
            try await leaving.close()
            #expect(try await post(gateway) == 202)
        }
        #expect(calls.withLock { $0.map(\.body) } == [[1]])
    }

    /// The handler may change something, so it runs to its end.
    @Test func aHandlerRunsToItsEndAlthoughItsClientLeaves() async throws {
        let (begun, ended) = (Stage(), Stage())
        let mayEnd = Stage()
        let route = HTTPRoute(.post, Self.path) { _ in
            begun.reach()
            await mayEnd.wait()
            if !Task.isCancelled { ended.reach() }
            return HTTPReply(.ok)
        }
        try await TestGateway.run([route]) { gateway in
            let leaving = try await RawConnection.open(gateway)
            try await leaving.send(Self.head(length: 0))
            await begun.wait()
            try await leaving.close()
            mayEnd.reach()
            await ended.wait()
        }
    }

    @Test func aShutdownWaitsForAHandlerThatEndsInTime() async throws {
        let begun = Stage()
        let route = HTTPRoute(.post, Self.path) { _ in
            begun.reach()
            try? await gracefulShutdown()
            return HTTPReply(.ok, body: Array("done".utf8))
        }
        try await TestGateway.run([route]) { gateway in
            let client = try await RawConnection.open(gateway)
            try await client.send(Self.head(length: 0))
            await begun.wait()
            await gateway.services.triggerGracefulShutdown()
            let reply = await client.rest()
            #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n") && reply.hasSuffix("\r\n\r\ndone"), "\(reply)")
        }
    }

    /// A handler that would never end is cancelled when the drain time is over, whether its client waits or has left.
    @Test(arguments: [false, true]) func aShutdownCancelsAHandlerThatDoesNotEndInTime(clientLeaves: Bool) async throws {
        let (begun, cancelled) = (Stage(), Stage())
        let route = HTTPRoute(.post, Self.path) { _ in
            begun.reach()
            await Stage().wait()
            if Task.isCancelled { cancelled.reach() }
            return HTTPReply(.ok)
        }
        try await TestGateway.run([route], drain: .milliseconds(100)) { gateway in
            let client = try await RawConnection.open(gateway)
            try await client.send(Self.head(length: 0))
            await begun.wait()
            if clientLeaves { try await client.close() }
            await gateway.services.triggerGracefulShutdown()
            _ = await client.rest()
            await cancelled.wait()
        }
    }

    @Test(arguments: ["PUT", "DELETE", "TRACE", "OPTIONS", "PROPFIND", "post", "BREW"])
    func anotherMethodNeverReachesTheHandler(_ method: String) async throws {
        try await TestGateway.run([hook]) { gateway in
            let client = try await RawConnection.open(gateway)
            try await client.send("\(method) \(Self.path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let status = await client.rest().split(separator: " ").dropFirst().first
            let expected = ["PROPFIND": "404", "post": "400", "BREW": "400"][method] ?? "405"
            #expect(status.map(String.init) == expected)
        }
        #expect(calls.withLock { $0.isEmpty })
    }

    @Test(arguments: ["/hooks/pay/more", "/hooks", "/Hooks/pay", "/hooks%2Fpay", "/"])
    func aSimilarPathIsAnotherPath(_ path: String) async throws {
        try await TestGateway.run([hook]) { gateway in
            let request = HTTPRequest(.post, gateway.url + path, body: [1], cancellation: .finish)
            let reply = try await gateway.client.send(request)
            #expect(reply.status == 404)
        }
        #expect(calls.withLock { $0.isEmpty })
    }
}

/// A one-shot that a test waits for. A wait ends early if its task is cancelled.
private final class Stage: Sendable {
    private let (reached, continuation) = AsyncStream<Void>.makeStream()

    func reach() {
        continuation.finish()
    }

    func wait() async {
        for await _ in reached {}
    }
}
