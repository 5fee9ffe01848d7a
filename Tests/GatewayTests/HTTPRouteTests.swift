import Gateway
import HTTPClient
import Locking
import Testing

// Imports single types, because the module's `HTTPRequest` would conflict with the one of `HTTPClient`.
import struct HTTPTypes.HTTPField
import struct HTTPTypes.HTTPFields

/// Routes of features on a running gateway.
@Suite(.timeLimit(.minutes(3))) struct HTTPRouteTests {
    private let seen = Locked<[HTTPCall]>([])

    private var hook: HTTPRoute {
        HTTPRoute(.post, "/hooks/pay", bodyLimitBytes: 1000) { [seen] call in
            seen.withLock { $0.append(call) }
            var headers = HTTPFields()
            headers[.contentType] = "text/plain"
            return HTTPReply(.accepted, headers: headers, body: Array("thanks".utf8))
        }
    }

    /// Runs a gateway with the routes while `body` runs, which gets the base URL.
    private func serving(
        _ routes: [HTTPRoute], _ body: (String, HTTPClient) async throws -> Void
    ) async throws {
        try await TestGateway.run(routes) { try await body($0.url, $0.client) }
    }

    private func post(
        _ url: String, _ body: [UInt8] = [], headers: HTTPHeaders = [:]
    ) -> HTTPRequest {
        HTTPRequest(.post, url, headers: headers, body: body, cancellation: .finish)
    }

    @Test func aHandlerGetsTheBodyByteForByteWithHeadersAndQuery() async throws {
        let body: [UInt8] = [0xFF, 0x00, 0x0D, 0x0A, 0x7B, 0xC3]
        try await serving([hook]) { url, client in
            let reply = try await client.send(
                post("\(url)/hooks/pay?a=1&b=%20", body, headers: ["Stripe-Signature": "t=1,v1=ab"]))
            #expect(reply.status == 202)
            #expect(reply.headers["content-type"] == "text/plain")
            #expect(String(decoding: reply.body, as: UTF8.self) == "thanks")
        }
        let call = try #require(seen.withLock { $0.first })
        #expect(call.body == body)
        #expect(call.query == "a=1&b=%20")
        let name = try #require(HTTPField.Name("stripe-signature"))
        #expect(call.headers[name] == "t=1,v1=ab")
        #expect("\(call.peer)".hasPrefix("127.0.0.1 port "))
    }

    @Test func aBodyOverTheLimitNeverReachesTheHandler() async throws {
        try await serving([hook]) { url, client in
            let most = try await client.send(post("\(url)/hooks/pay", Array(repeating: 0x61, count: 1000)))
            #expect(most.status == 202)
            let over = try await client.send(post("\(url)/hooks/pay", Array(repeating: 0x61, count: 1001)))
            #expect(over.status == 413)
        }
        #expect(seen.withLock { $0.map(\.body.count) } == [1000])
    }

    @Test func anotherMethodAndAnotherPathAreRefused() async throws {
        try await serving([hook]) { url, client in
            let get = try await client.send(HTTPRequest(.get, "\(url)/hooks/pay"))
            #expect(get.status == 405)
            #expect(get.headers["allow"] == "POST")
            let other = try await client.send(post("\(url)/hooks/other"))
            #expect(other.status == 404)
        }
        #expect(seen.withLock { $0.isEmpty })
    }

    @Test func aPageOfAnotherOriginIsRefusedUnlessTheRouteAdmitsIt() async throws {
        var open = hook
        open.path = "/hooks/open"
        open.admitsEveryOrigin = true
        try await serving([hook, open]) { url, client in
            let headers: HTTPHeaders = ["Origin": "https://evil.example"]
            let closed = try await client.send(post("\(url)/hooks/pay", [1], headers: headers))
            let opened = try await client.send(post("\(url)/hooks/open", [1], headers: headers))
            #expect((closed.status, opened.status) == (403, 202))
        }
        #expect(seen.withLock { $0.count } == 1)
    }

    @Test func rpcIsServedBesideTheRoutes() async throws {
        try await serving([hook]) { url, client in
            let reply = try await client.send(
                post(
                    "\(url)/rpc", Array(#"{"jsonrpc":"2.0","id":1,"method":"none"}"#.utf8),
                    headers: ["Content-Type": "application/json"]))
            #expect(reply.status == 200)
            #expect(String(decoding: reply.body, as: UTF8.self).contains("-32601"))
        }
    }
}
