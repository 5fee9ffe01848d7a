import HTTPClient
import HTTPDoubles
import Testing

/// Failed requests, and whether the server may have got them.
@Suite struct FailureTests {
    private func failure(_ client: HTTPClient, _ request: HTTPRequest) async throws -> HTTPError {
        do {
            let response = try await client.send(request)
            throw Unexpected(what: "an answer with \(response)")
        } catch let error as HTTPError {
            return error
        }
    }

    private struct Unexpected: Error {
        var what: String
    }

    @Test func aRequestToAClosedPortIsNotSent() async throws {
        let port = try await TestServer.run { _ in
            .silence
        } _: {
            $0.port
        }
        let client = HTTPClient()
        let error = try await failure(client, HTTPRequest(.post, "http://127.0.0.1:\(port)/x?secret=1"))
        #expect(error.code == .notSent)
        #expect(!error.mayHaveBeenSent)
        #expect(error.message.hasPrefix("cannot POST http://127.0.0.1:\(port)/x: "))
        await client.shutdown()
    }

    @Test func aRequestToAnUnresolvableNameIsNotSent() async throws {
        let client = HTTPClient()
        let error = try await failure(client, HTTPRequest(.get, "http://nothing.invalid/"))
        #expect(error.code == .notSent)
        #expect(!error.mayHaveBeenSent)
        await client.shutdown()
    }

    @Test func aMissingReplyIsATimeoutAndMayHaveBeenSent() async throws {
        try await TestServer.run { _ in
            .silence
        } _: { server in
            let client = HTTPClient()
            let error = try await failure(client, HTTPRequest(.post, server.url, timeout: .seconds(3)))
            #expect(error.code == .timedOut)
            #expect(error.mayHaveBeenSent)
            await client.shutdown()
        }
    }

    @Test func anIncompleteReplyIsATimeout() async throws {
        try await TestServer.run { _ in
            .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", then: .stay)
        } _: { server in
            let client = HTTPClient()
            let error = try await failure(client, HTTPRequest(.get, server.url, timeout: .seconds(3)))
            #expect(error.code == .timedOut)
            await client.shutdown()
        }
    }

    @Test(arguments: [
        ServerAnswer.raw("", then: .close), .raw("", then: .reset),
        .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", then: .close),
        .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", then: .reset),
        .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", then: .close),
        .raw("HTTP/1.1 20", then: .reset),
    ])
    func aBrokenConnectionIsLostAndMayHaveBeenSent(answer: ServerAnswer) async throws {
        try await TestServer.run { _ in
            answer
        } _: { server in
            let client = HTTPClient()
            let error = try await failure(client, HTTPRequest(.post, server.url, body: [1, 2, 3], timeout: ample))
            #expect(error.code == .connectionLost)
            #expect(error.mayHaveBeenSent)
            #expect(server.requests.count == 1)
            await client.shutdown()
        }
    }

    /// A kept connection breaks, and by default libcurl would send the request again.
    @Test func aPostIsNeverSentTwice() async throws {
        try await TestServer.run { request in
            request.method == "POST" ? .raw("", then: .close) : .status(200)
        } _: { server in
            let client = HTTPClient()
            _ = try await client.send(HTTPRequest(.get, server.url, timeout: ample))
            let error = try await failure(client, HTTPRequest(.post, server.url, timeout: ample, cancellation: .finish))
            #expect(error.code == .connectionLost)
            #expect(error.mayHaveBeenSent)
            #expect(server.requests.map(\.method) == ["GET", "POST"])
            await client.shutdown()
        }
    }

    @Test func aBodyOverTheLimitIsRefused() async throws {
        try await TestServer.run { _ in
            .status(200, body: String(repeating: "x", count: 100_001))
        } _: { server in
            let client = HTTPClient()
            let error = try await failure(
                client, HTTPRequest(.get, server.url, timeout: ample, responseLimitBytes: 100_000))
            #expect(error.code == .tooLarge)
            #expect(error.message.hasSuffix("the answer is longer than 100000 bytes"))
            let whole = try await client.send(
                HTTPRequest(.get, server.url, timeout: ample, responseLimitBytes: 100_001))
            #expect(whole.body.count == 100_001)
            await client.shutdown()
        }
    }

    @Test func headersOverTheLimitAreRefused() async throws {
        let header = "X-Long: \(String(repeating: "y", count: 8000))\r\n"
        try await TestServer.run { _ in
            .raw("HTTP/1.1 200 OK\r\n" + String(repeating: header, count: 10) + "\r\n", then: .close)
        } _: { server in
            let client = HTTPClient()
            let error = try await failure(client, HTTPRequest(.get, server.url, timeout: ample))
            #expect(error.code == .tooLarge)
            await client.shutdown()
        }
    }

    @Test func aReplyOfAnotherProtocolIsInvalid() async throws {
        try await TestServer.run { _ in
            .raw("SSH-2.0-OpenSSH_9.2\r\n", then: .close)
        } _: { server in
            let client = HTTPClient()
            let error = try await failure(client, HTTPRequest(.get, server.url, timeout: ample))
            #expect(error.code == .invalidResponse)
            #expect(error.mayHaveBeenSent)
            await client.shutdown()
        }
    }

    @Test func aServerWithoutTLSIsAnErrorAndNothingIsSent() async throws {
        try await TestServer.run { _ in
            .status(200)
        } _: { server in
            let client = HTTPClient()
            let request = HTTPRequest(
                .post, "https://127.0.0.1:\(server.port)/", timeout: .seconds(5), connectTimeout: .milliseconds(300))
            let error = try await failure(client, request)
            #expect([HTTPError.Code.tls, .notSent].contains(error.code))
            #expect(!error.mayHaveBeenSent)
            #expect(server.requests.isEmpty)
            await client.shutdown()
        }
    }

    @Test(
        arguments: [
            ("ftp://127.0.0.1/", [:]), ("127.0.0.1", [:]), ("http://127.0.0.1/a b", [:]),
            ("http://127.0.0.1/\r\nX: 1", [:]),
            ("http://me:pass@127.0.0.1/", [:]), ("http://127.0.0.1/ä", [:]), ("http://127.0.0.1/", ["X": "a\r\nY: b"]),
            ("http://127.0.0.1/", ["X Y": "a"]), ("http://127.0.0.1/", ["": "a"]), ("http://127.0.0.1:99999/", [:]),
        ] as [(String, HTTPHeaders)])
    func invalidURLsAndHeadersAreRefused(url: String, headers: HTTPHeaders) async throws {
        let client = HTTPClient()
        let error = try await failure(client, HTTPRequest(.get, url, headers: headers, timeout: ample))
        #expect(error.code == .invalidRequest)
        #expect(!error.mayHaveBeenSent)
        #expect(!error.message.contains("pass"))
        await client.shutdown()
    }

    @Test func descriptionsHoldNoSecret() {
        let request = HTTPRequest(
            .get, "https://me:hidden@host/path?key=hidden#hidden", headers: ["Authorization": "hidden"],
            body: Array("hidden".utf8))
        let response = HTTPResponse(status: 200, headers: ["Set-Cookie": "hidden"], body: Array("hidden".utf8))
        for text in [
            "\(request)", String(reflecting: request), "\(request.headers)", String(reflecting: request.headers),
            "\(response)", String(reflecting: response),
        ] {
            #expect(!text.contains("hidden"))
        }
        #expect("\(request)" == "GET https://host/path")
        var dumped = ""
        dump(request, to: &dumped)
        dump(response, to: &dumped)
        #expect(!dumped.contains("hidden"))
    }
}
