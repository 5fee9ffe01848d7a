import Encoding
import HTTPClient
import HTTPDoubles
import Testing

/// Requests to URLs that a customer chose, over real sockets.
@Suite struct DestinationTests {
    private func error(of request: HTTPRequest, _ settings: HTTPClientSettings) async throws -> HTTPError? {
        let client = HTTPClient(settings: settings)
        var caught: HTTPError?
        do { _ = try await client.send(request) } catch { caught = error }
        await client.shutdown()
        return caught
    }

    /// Returns settings that allow the port of a server of the test.
    private func settings(_ server: TestServer, allowing networks: String..., proxy: String? = nil) throws
        -> HTTPClientSettings
    {
        HTTPClientSettings(
            proxy: proxy,
            destinations: DestinationPolicy(
                addresses: AddressPolicy(allowed: try networks.map { try #require(IPNetwork($0)) }),
                ports: [server.port]))
    }

    private func request(_ host: String, _ server: TestServer) -> HTTPRequest {
        HTTPRequest(.post, "https://\(host):\(server.port)/hook", body: [1], timeout: .seconds(5))
    }

    /// The look-up of a name that changes its addresses can give a public address first and loopback later. The address
    /// is judged where the socket is opened, and a name shows that: a check of the URL does not resolve it.
    @Test func aNameThatResolvesToLoopbackIsRefusedWhereItIsConnected() async throws {
        try await TestServer.run { _ in
            .status(200)
        } _: { server in
            let settings = try settings(server)
            #expect(settings.destinations?.refusal(ofURL: "https://localhost:\(server.port)/hook") == nil)
            let error = try #require(try await error(of: request("localhost", server), settings))
            #expect(error.code == .addressRefused)
            #expect(!error.mayHaveBeenSent)
            #expect(
                error.message == "cannot POST https://localhost:\(server.port)/hook: no address of "
                    + "localhost:\(server.port) is allowed (loopback)")
            #expect(server.connections == 0)
        }
    }

    /// The same client refuses each attempt: nothing is remembered from an earlier one.
    @Test func everyAttemptIsJudged() async throws {
        try await TestServer.run { _ in
            .status(200)
        } _: { server in
            let client = HTTPClient(settings: try settings(server))
            for _ in 1...3 {
                await #expect(throws: HTTPError.self) { try await client.send(request("localhost", server)) }
            }
            #expect(server.connections == 0)
            await client.shutdown()
        }
    }

    /// The server has no TLS, so the call fails after the connection was made.
    @Test func anAllowedNetworkIsConnectedTo() async throws {
        try await TestServer.run { _ in
            .raw("no TLS", then: .close)
        } _: { server in
            let settings = try settings(server, allowing: "127.0.0.0/8", "::1")
            let error = try #require(try await error(of: request("localhost", server), settings))
            #expect(error.code != .addressRefused)
            #expect(server.connections == 1)
        }
    }

    /// `localhost` can have the addresses ::1 and 127.0.0.1. One of them is refused, the other one is used.
    @Test func aRefusedAddressOfANameLeavesItsOtherAddresses() async throws {
        try await TestServer.run { _ in
            .raw("no TLS", then: .close)
        } _: { server in
            let settings = try settings(server, allowing: "127.0.0.1")
            let error = try #require(try await error(of: request("localhost", server), settings))
            #expect(error.code != .addressRefused)
            #expect(server.connections == 1)
        }
    }

    @Test func aProxyIsNotUsed() async throws {
        try await TestServer.run { _ in
            .status(200)
        } _: { server in
            let settings = try settings(server, proxy: server.url)
            let error = try #require(try await error(of: request("localhost", server), settings))
            #expect(error.code == .addressRefused)
            #expect(server.connections == 0)
        }
    }

    @Test func aClientWithoutARuleConnectsToLoopback() async throws {
        try await TestServer.run { _ in
            .status(200)
        } _: { server in
            let client = HTTPClient()
            let response = try await client.send(HTTPRequest(.get, server.url))
            #expect(response.status == 200)
            await client.shutdown()
        }
    }

    @Test(arguments: [
        ("http://example.com/", "the URL must begin with https://"),
        ("ftp://example.com/", "the URL must begin with https://"),
        ("https://example.com:80/", "port 80 is not allowed, use 443 or 8443"),
        ("https://example.com:22/", "port 22 is not allowed, use 443 or 8443"),
        ("https://me@example.com/", "the URL holds a user name"),
        ("https://me:secret@example.com/", "the URL holds a user name"),
        ("https://", "the URL is malformed"), ("https://:443/", "the URL is malformed"),
        ("https://example.com:99999/", "the URL is malformed"), ("https://exa mple.com/", "the URL is malformed"),
        ("https://exämple.com/", "the URL is malformed"), ("https://example.com/\n", "the URL is malformed"),
        ("https://127.0.0.1/", "the address of the URL is not allowed (loopback)"),
        ("https://[::1]/", "the address of the URL is not allowed (loopback)"),
        ("https://[::ffff:127.0.0.1]/", "the address of the URL is not allowed (loopback)"),
        ("https://2130706433/", "the address of the URL is not allowed (loopback)"),
        ("https://0x7f000001/", "the address of the URL is not allowed (loopback)"),
        ("https://0177.0.0.1/", "the address of the URL is not allowed (loopback)"),
        ("https://127.1/", "the address of the URL is not allowed (loopback)"),
        ("https://169.254.169.254/latest/", "the address of the URL is not allowed (metadata)"),
        ("https://[fe80::1%25eth0]/", "the address of the URL is not allowed (link-local)"),
    ])
    func aURLOutsideTheRuleIsRefusedBeforeItIsUsed(url: String, reason: String) async throws {
        #expect(DestinationPolicy().refusal(ofURL: url) == reason)
        let settings = HTTPClientSettings(destinations: DestinationPolicy())
        let error = try #require(try await error(of: HTTPRequest(.post, url), settings))
        #expect(error.code == .invalidRequest)
        #expect(!error.message.contains("secret"))
    }

    @Test(arguments: [
        "https://example.com", "https://example.com/", "https://example.com:443/x?y=z", "https://example.com:8443/",
        "HTTPS://EXAMPLE.COM/", "https://8.8.8.8/", "https://[2a01:4f8::1]/hook",
    ])
    func aURLWithinTheRuleIsAccepted(url: String) {
        #expect(DestinationPolicy().refusal(ofURL: url) == nil)
    }
}
