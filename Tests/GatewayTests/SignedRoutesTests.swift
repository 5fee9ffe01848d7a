import Gateway
import HTTPClient
import Locking
import Signatures
import Testing

// Not the whole module: its `HTTPRequest` is another one.
import struct HTTPTypes.HTTPField

/// Receivers of signed requests on a running gateway.
@Suite(.timeLimit(.minutes(3))) struct SignedRoutesTests {
    private let now: Int64 = 1_800_000_000
    private let secret = WebhookSecret.random()
    private let seen = Locked<[(message: SignedMessage, body: [UInt8])]>([])

    private var signer: StandardWebhooks { StandardWebhooks(secrets: [secret]) }

    private var route: HTTPRoute {
        let (seen, now) = (seen, now)
        let receiver = SignedReceiver(verifier: signer) { call, message in
            seen.withLock { $0.append((message, call.body)) }
            return HTTPReply(.noContent)
        }
        return .signed(prefix: "/hooks", receivers: ["/hooks/pay": receiver, "/hooks/pay/2": receiver]) { now }
    }

    private func fields(_ body: [UInt8], signer: StandardWebhooks? = nil, time: Int64? = nil) throws -> HTTPHeaders {
        let fields = try #require(
            (signer ?? self.signer).fields(id: "msg_1", time: time ?? now, body: body))
        return HTTPHeaders(fields.map { HTTPHeaders.Field(name: $0.name, value: $0.value) })
    }

    private func post(_ url: String, _ body: [UInt8], headers: HTTPHeaders) -> HTTPRequest {
        HTTPRequest(.post, url, headers: headers, body: body, cancellation: .finish)
    }

    @Test func aSignedRequestReachesItsReceiver() async throws {
        let body: [UInt8] = [0xFF, 0x00, 0x7B]
        let headers = try fields(body)
        try await TestGateway.run([route]) { gateway in
            for path in ["/hooks/pay", "/hooks/pay/2", "/hooks/pay?a=1"] {
                let reply = try await gateway.client.send(post(gateway.url + path, body, headers: headers))
                #expect(reply.status == 204)
            }
        }
        #expect(seen.withLock { $0.map(\.body) } == [body, body, body])
        #expect(seen.withLock { $0.first?.message } == SignedMessage(id: "msg_1", time: now))
    }

    /// The replies are compared byte for byte, without the time in the `Date` field.
    @Test func unknownPathsAndWrongOrMissingSignaturesGetTheSameBytes() async throws {
        let body = Array("{}".utf8)
        let good = try fields(body)
        var twice = good
        for field in good.fields { twice.append(name: field.name, value: field.value) }
        let cases: [(path: String, headers: HTTPHeaders, body: [UInt8])] = [
            ("/hooks/pay", [:], body), ("/hooks/pay", good, Array("{ }".utf8)), ("/hooks/pay", twice, body),
            ("/hooks/pay", try fields(body, signer: StandardWebhooks(secrets: [.random()])), body),
            ("/hooks/pay", try fields(body, time: now - 301), body),
            ("/hooks/pay", ["webhook-signature": "nonsense"], body), ("/hooks/unknown", good, body),
            ("/hooks/unknown", [:], body), ("/hooks/pay/", good, []), ("/hooks//pay", good, body),
            ("/hooks/%70ay", good, body), ("/hooks/pay/3", good, body), ("/hooks/a/b/c/d", [:], []),
        ]
        try await TestGateway.run([route]) { gateway in
            var replies: Set<String> = []
            for (path, headers, body) in cases {
                let connection = try await RawConnection.open(gateway)
                let fields = headers.fields.map { "\($0.name): \($0.value)\r\n" }.joined()
                try await connection.send(
                    "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)"
                        + "Content-Length: \(body.count)\r\n\r\n" + String(decoding: body, as: UTF8.self))
                let lines = await connection.rest().split(separator: "\r\n", omittingEmptySubsequences: false)
                replies.insert(lines.filter { !$0.lowercased().hasPrefix("date:") }.joined(separator: "\n"))
            }
            #expect(replies.count == 1, "\(replies)")
            #expect(replies.first?.hasPrefix("HTTP/1.1 401 Unauthorized\n") == true)
        }
        #expect(seen.withLock { $0.isEmpty })
    }

    @Test func aLongBodyIsRefusedOnEveryPath() async throws {
        let most = [UInt8](repeating: 0x61, count: HTTPRoute.signedBodyLimitBytes)
        let (headers, longer) = (try fields(most), try fields(most + [0x61]))
        try await TestGateway.run([route]) { gateway in
            let accepted = try await gateway.client.send(post("\(gateway.url)/hooks/pay", most, headers: headers))
            #expect(accepted.status == 204)
            for path in ["/hooks/pay", "/hooks/unknown"] {
                let reply = try await gateway.client.send(post(gateway.url + path, most + [0x61], headers: longer))
                #expect(reply.status == 413)
            }
        }
        #expect(seen.withLock { $0.count } == 1)
    }

    @Test func anotherMethodIsRefusedOnEveryPath() async throws {
        try await TestGateway.run([route]) { gateway in
            for path in ["/hooks/pay", "/hooks/unknown"] {
                let reply = try await gateway.client.send(HTTPRequest(.get, gateway.url + path))
                #expect(reply.status == 405)
                #expect(reply.headers["allow"] == "POST")
            }
        }
    }

    @Test func aRouteHasItsOwnTimeForTheBody() async throws {
        #expect(route.bodyTimeLimit == .seconds(10))
        var quick = route
        quick.bodyTimeLimit = .milliseconds(50)
        try await TestGateway.run([quick]) { gateway in
            let connection = try await RawConnection.open(gateway)
            try await connection.send("POST /hooks/pay HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
            #expect(await connection.rest().isEmpty)
        }
        #expect(seen.withLock { $0.isEmpty })
    }
}
