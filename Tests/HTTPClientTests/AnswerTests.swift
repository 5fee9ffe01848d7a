import HTTPClient
import HTTPDoubles
import Testing

/// Requests as they are sent, and replies without errors.
@Suite struct AnswerTests {
    @Test func aRequestSendsMethodHeadersAndBodyAndReturnsTheReply() async throws {
        try await TestServer.run { request in
            .status(201, headers: [("X-Correlation-Id", "c1"), ("x-twice", "a"), ("X-Twice", "b")], body: request.text)
        } _: { server in
            let client = HTTPClient(settings: HTTPClientSettings(userAgent: "aura/1.2"))
            let response = try await client.send(
                HTTPRequest(
                    .post, "\(server.url)/servers?x=1",
                    headers: ["Authorization": "Bearer abc", "Content-Type": "application/json", "X-Empty": ""],
                    body: Array(#"{"a":"ä"}"#.utf8), cancellation: .finish))
            #expect(response.status == 201)
            #expect(response.headers["x-correlation-ID"] == "c1")
            #expect(response.headers.fields.filter { $0.name.lowercased() == "x-twice" }.map(\.value) == ["a", "b"])
            #expect(String(decoding: response.body, as: UTF8.self) == #"{"a":"ä"}"#)
            let seen = try #require(server.requests.first)
            #expect(seen.method == "POST")
            #expect(seen.target == "/servers?x=1")
            #expect(seen.header("authorization") == "Bearer abc")
            #expect(seen.header("content-type") == "application/json")
            #expect(seen.header("user-agent") == "aura/1.2")
            #expect(seen.header("x-empty") == "")
            #expect(seen.header("expect") == nil)
            await client.shutdown()
        }
    }

    @Test(arguments: [HTTPMethod.get, .head, .post, .put, .patch, .delete])
    func everyMethodWorksWithoutABody(method: HTTPMethod) async throws {
        try await TestServer.run { _ in
            .status(200, body: "hello")
        } _: { server in
            let client = HTTPClient()
            let response = try await client.send(HTTPRequest(method, server.url, timeout: ample))
            #expect(response.status == 200)
            #expect(response.body.count == (method == .head ? 0 : 5))
            let seen = try #require(server.requests.first)
            #expect(seen.method == method.rawValue)
            #expect(seen.target == "/")
            #expect(seen.header("content-type") == nil)
            let length: String? = [.post, .put, .patch].contains(method) ? "0" : nil
            #expect(seen.header("content-length") == length)
            await client.shutdown()
        }
    }

    /// The client resolves no name by itself. The proxy gets plain requests completely, and a `CONNECT` for HTTPS.
    @Test func everythingGoesThroughTheProxy() async throws {
        try await TestServer.run { request in
            request.method == "CONNECT" ? .status(403) : .status(200, body: "by the proxy")
        } _: { server in
            let client = HTTPClient(settings: HTTPClientSettings(proxy: server.url))
            let response = try await client.send(HTTPRequest(.get, "http://provider.invalid/servers"))
            #expect(String(decoding: response.body, as: UTF8.self) == "by the proxy")
            // Requests to loopback also go through the proxy.
            _ = try await client.send(HTTPRequest(.get, "http://127.0.0.1:1/x"))
            await #expect(throws: HTTPError.self) {
                try await client.send(HTTPRequest(.get, "https://provider.invalid/servers"))
            }
            #expect(
                server.requests.map { "\($0.method) \($0.target)" } == [
                    "GET http://provider.invalid/servers", "GET http://127.0.0.1:1/x", "CONNECT provider.invalid:443",
                ])
            await client.shutdown()
        }
    }

    @Test func deleteMayHaveABody() async throws {
        try await TestServer.run { request in
            .status(200, body: request.text)
        } _: { server in
            let client = HTTPClient()
            let response = try await client.send(
                HTTPRequest(.delete, server.url, body: Array("x".utf8), timeout: ample))
            #expect(response.body == Array("x".utf8))
            #expect(server.requests.map(\.method) == ["DELETE"])
            await client.shutdown()
        }
    }

    @Test func anErrorStatusIsAnAnswerAndARedirectIsNotFollowed() async throws {
        try await TestServer.run { request in
            request.target == "/a" ? .status(302, headers: [("Location", "/b")]) : .status(500, body: "no")
        } _: { server in
            let client = HTTPClient()
            let moved = try await client.send(HTTPRequest(.get, "\(server.url)/a", timeout: ample))
            let broken = try await client.send(HTTPRequest(.get, "\(server.url)/b", timeout: ample))
            #expect((moved.status, broken.status) == (302, 500))
            #expect(server.requests.count == 2)
            await client.shutdown()
        }
    }

    @Test func interimAnswersLeaveNoHeadersBehind() async throws {
        try await TestServer.run { _ in
            .raw(
                "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nX-Late: 2\r\nContent-Length: 0\r\n\r\n", then: .stay)
        } _: { server in
            let client = HTTPClient()
            let response = try await client.send(HTTPRequest(.get, server.url, timeout: ample))
            #expect(response.status == 200)
            #expect(response.headers["X-Early"] == nil)
            #expect(response.headers["X-Late"] == "2")
            await client.shutdown()
        }
    }

    @Test func chunkedAnswersAreJoined() async throws {
        try await TestServer.run { _ in
            .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", then: .stay)
        } _: { server in
            let client = HTTPClient()
            let response = try await client.send(HTTPRequest(.get, server.url, timeout: ample))
            #expect(response.body == Array("abcde".utf8))
            await client.shutdown()
        }
    }

    @Test func readsReuseAConnectionAndPostsOpenANewOne() async throws {
        try await TestServer.run { _ in
            .status(200)
        } _: { server in
            let client = HTTPClient()
            for _ in 1...3 { _ = try await client.send(HTTPRequest(.get, server.url, timeout: ample)) }
            #expect(server.connections == 1)
            _ = try await client.send(HTTPRequest(.post, server.url, timeout: ample))
            #expect(server.connections == 2)
            await client.shutdown()
        }
    }

    @Test func manyRequestsRunAtOnceAndTheRestWaits() async throws {
        let count = 300
        let arrived = Counter()
        let go = Signal()
        try await TestServer.run { request in
            if arrived.add() == 8 { go.raise() }
            await go.wait()
            return .status(200, body: request.target)
        } _: { server in
            let client = HTTPClient(settings: HTTPClientSettings(maximumActive: 8))
            let bodies = try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<count {
                    group.addTask {
                        let response = try await client.send(
                            HTTPRequest(.get, "\(server.url)/\(index)", timeout: ample))
                        return String(decoding: response.body, as: UTF8.self)
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(bodies.count == count)
            #expect(server.connections == 8)
            await client.shutdown()
        }
    }
}
