import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import HetznerDriver
import Logging
import Testing

/// The error replies of Hetzner, and the error class of each.
@Suite struct HetznerFailureTests {
    struct Case: Sendable, CustomStringConvertible {
        var status: Int
        var code: String
        var message: String
        var create: ErrorClass
        var delete: ErrorClass

        init(_ status: Int, _ code: String, _ message: String = "no", create: ErrorClass, delete: ErrorClass? = nil) {
            self.status = status
            self.code = code
            self.message = message
            self.create = create
            self.delete = delete ?? create
        }

        var description: String { "\(status) \(code) \(message)" }
    }

    static let cases: [Case] = [
        Case(400, "json_error", create: .permanent),
        Case(401, "unauthorized", "unable to authenticate", create: .permanent),
        Case(401, "token_readonly", create: .permanent),
        Case(403, "forbidden", create: .permanent),
        Case(403, "maintenance", create: .transient),
        Case(403, "resource_limit_exceeded", "server limit exceeded", create: .permanent),
        Case(404, "not_found", "image not found", create: .permanent),
        Case(405, "method_not_allowed", create: .permanent),
        Case(409, "uniqueness_error", "server name is already used", create: .ambiguous, delete: .permanent),
        Case(409, "conflict", create: .transient),
        Case(410, "deprecated_api_endpoint", create: .permanent),
        Case(412, "resource_unavailable", "error during placement", create: .capacity),
        Case(422, "placement_error", create: .capacity),
        Case(422, "invalid_input", "unsupported location for server type", create: .capacity),
        Case(422, "invalid_input", "invalid input in field 'name'", create: .permanent),
        Case(422, "service_error", create: .permanent),
        Case(422, "unsupported_error", create: .permanent),
        Case(422, "server_not_stopped", create: .permanent),
        Case(423, "locked", create: .transient),
        Case(423, "protected", "server deletion is protected", create: .permanent),
        Case(429, "rate_limit_exceeded", create: .transient),
        Case(500, "server_error", create: .ambiguous, delete: .transient),
        Case(500, "unknown_error", create: .ambiguous, delete: .transient),
        Case(502, "bad_gateway", create: .ambiguous, delete: .transient),
        Case(503, "unavailable", create: .transient),
        Case(504, "timeout", create: .ambiguous, delete: .transient),
        Case(423, "resource_locked", create: .permanent),
        Case(503, "robot_unavailable", create: .transient),
        Case(418, "teapot", create: .permanent),
        Case(509, "never_seen", create: .ambiguous, delete: .transient),
    ]

    /// Every documented error code, with the reaction to it when a server is created.
    @Test(arguments: [
        ("unauthorized", "unable to authenticate", Reaction.park), ("token_readonly", "", .park),
        ("forbidden", "insufficient permissions", .park), ("resource_limit_exceeded", "server limit exceeded", .park),
        ("resource_locked", "contact support", .park), ("deprecated_api_endpoint", "", .park),
        ("method_not_allowed", "", .park), ("resource_unavailable", "error during placement", .nextCandidate),
        ("placement_error", "", .nextCandidate), ("invalid_server_type", "", .nextCandidate),
        ("invalid_input", "unsupported location for server type", .nextCandidate),
        ("invalid_input", "server type 22 is deprecated", .nextCandidate),
        ("invalid_input", "invalid input (location: not found)", .nextCandidate),
        ("not_found", "server_type not found", .nextCandidate), ("not_found", "image not found", .giveUp),
        ("invalid_input", "invalid input in field 'name'", .giveUp), ("json_error", "", .giveUp),
        ("service_error", "", .giveUp), ("unsupported_error", "", .giveUp), ("protected", "", .giveUp),
        ("server_not_stopped", "", .giveUp), ("conflict", "", .retry), ("locked", "", .retry),
        ("rate_limit_exceeded", "", .retry), ("unavailable", "", .retry), ("maintenance", "", .retry),
        ("robot_unavailable", "", .retry), ("uniqueness_error", "", .lookFirst), ("server_error", "", .lookFirst),
        ("bad_gateway", "", .lookFirst), ("timeout", "", .lookFirst), ("unknown_error", "", .lookFirst),
    ])
    func everyErrorCodeHasAReaction(code: String, text: String, reaction: Reaction) async throws {
        let bench = HetznerBench([.json(422, HetznerAnswers.error(code, text))])
        let failure = await failure { _ = try await bench.driver.createServer(HetznerBench.specification) }
        #expect(failure?.reaction == reaction)
    }

    @Test(arguments: cases)
    func everyErrorCodeHasAnErrorClass(_ fact: Case) async throws {
        let answer = Result<HTTPResponse, HTTPError>.json(
            fact.status, HetznerAnswers.error(fact.code, fact.message), headers: ["X-Correlation-Id": "corr-1"])
        let bench = HetznerBench([answer, answer])
        let created = try #require(
            await failure { _ = try await bench.driver.createServer(HetznerBench.specification) })
        #expect(created.errorClass == fact.create)
        #expect(created.code == fact.code)
        #expect(created.message.hasSuffix(": \(fact.message)"))
        #expect(created.message.hasPrefix("cannot create server aura-ada-g1 (cx23 in nbg1): "))
        #expect(created.correlationID == "corr-1")
        let deleted = await failure { _ = try await bench.driver.deleteServer(id: "1") }
        #expect(deleted?.errorClass == (fact.code == "not_found" ? nil : fact.delete))
        #expect(bench.transport.requests.count == 2, "what changes something is never repeated by the driver")
    }

    @Test func errorDetailsAreInTheMessage() async throws {
        let fields = #"{"fields":[{"name":"name","messages":["must be a valid hostname","too long"]}]}"#
        let limits = #"{"limits":[{"name":"primary_ip_limit"}]}"#
        let bench = HetznerBench([
            .json(422, HetznerAnswers.error("invalid_input", "invalid input", details: fields)),
            .json(403, HetznerAnswers.error("resource_limit_exceeded", "Primary IP limit exceeded", details: limits)),
        ])
        let invalid = await failure { _ = try await bench.driver.createServer(HetznerBench.specification) }
        #expect(invalid?.message.hasSuffix("invalid input (name: must be a valid hostname, too long)") == true)
        let limited = await failure { _ = try await bench.driver.createServer(HetznerBench.specification) }
        #expect(limited?.message.hasSuffix("Primary IP limit exceeded (primary_ip_limit)") == true)
    }

    @Test(arguments: [
        (502, "bad_gateway"), (504, "timeout"), (503, "unavailable"), (500, "server_error"), (403, "forbidden"),
    ])
    func anHTMLPageIsClassedByItsStatus(status: Int, code: String) async throws {
        let page = "<html><head><title>\(status)</title></head><body>nginx</body></html>"
        let bench = HetznerBench([.json(status, page, headers: ["Content-Type": "text/html"])])
        let failure = await failure { _ = try await bench.driver.createServer(HetznerBench.specification) }
        #expect(failure?.code == code)
        #expect(failure?.message.contains("html") == false)
    }

    @Test(arguments: [
        (HTTPError.Code.connectionLost, true, ErrorClass.ambiguous, "providerConnectionLost"),
        (.timedOut, true, .ambiguous, "providerTimeout"),
        (.invalidResponse, true, .ambiguous, "providerAnswer"),
        (.tooLarge, true, .ambiguous, "providerAnswer"),
        (.closed, true, .ambiguous, "shutDown"),
        (.notSent, false, .transient, "providerUnreachable"),
        (.tls, false, .transient, "providerUnreachable"),
        (.overloaded, false, .transient, "overloaded"),
        (.invalidRequest, false, .permanent, "invalidRequest"),
    ])
    func aFailedCreateIsAmbiguousOnlyIfItMayHaveBeenSent(
        lost: HTTPError.Code, wasSent: Bool, errorClass: ErrorClass, code: String
    ) async throws {
        let bench = HetznerBench([.lost(lost, mayHaveBeenSent: wasSent)])
        let failure = await failure { _ = try await bench.driver.createServer(HetznerBench.specification) }
        #expect(failure?.errorClass == errorClass)
        #expect(failure?.code == code)
    }

    @Test func aLostAnswerToADeleteIsTransient() async throws {
        let bench = HetznerBench([.lost(.connectionLost, mayHaveBeenSent: true)])
        let failure = await failure { _ = try await bench.driver.deleteServer(id: "1") }
        #expect(failure?.errorClass == .transient)
    }

    @Test(arguments: [#"{"server":{"id":1"#, "", "[]", #"{"server":{"id":"x"}}"#, "<html>"])
    func anAnswerThatCannotBeReadIsAmbiguousForACreate(text: String) async throws {
        let bench = HetznerBench([.json(201, text, headers: ["X-Correlation-Id": "c"])])
        let failure = await failure { _ = try await bench.driver.createServer(HetznerBench.specification) }
        #expect(failure?.errorClass == .ambiguous)
        #expect(failure?.code == "providerAnswer")
    }

    @Test func aLostAnswerOverARealConnectionIsAmbiguous() async throws {
        try await TestServer.run { _ in
            .raw("", then: .close)
        } _: { server in
            let http = HTTPClient()
            let settings = HetznerSettings(endpoint: server.url, token: ProviderCredential(Secret("t")))
            let driver = HetznerCompute(
                settings: settings, http: http, time: SystemTime(), random: EvenRandom(), log: .init(label: "test"))
            let failure = await failure { _ = try await driver.createServer(HetznerBench.specification) }
            #expect(failure?.errorClass == .ambiguous)
            #expect(server.requests.map(\.target) == ["/servers"])
            await http.shutdown()
        }
    }

    @Test(arguments: ["conflict", "rate_limit_exceeded", "bad_gateway", "timeout"])
    func readsWithTemporaryErrorsAreRetriedUpToTheLimit(code: String) async throws {
        let no = Result<HTTPResponse, HTTPError>.json(500, HetznerAnswers.error(code, "no"))
        let time = EagerTime()
        let bench = HetznerBench([no, no, .json(200, #"{"servers":[]}"#)], time: time)
        let found = try await bench.driver.server(named: "x")
        #expect(found == nil)
        #expect(time.slept.count >= 2)
        let stubborn = HetznerBench(Array(repeating: no, count: 9))
        #expect(await failure { _ = try await stubborn.driver.server(named: "x") }?.code == code)
        #expect(stubborn.transport.requests.count == 4)
    }

    @Test(arguments: ["locked", "unavailable", "server_error", "unauthorized", "maintenance"])
    func readsWithOtherErrorsAreNotRetried(code: String) async throws {
        let bench = HetznerBench([.json(500, HetznerAnswers.error(code, "no"))])
        #expect(await failure { _ = try await bench.driver.server(named: "x") }?.code == code)
        #expect(bench.transport.requests.count == 1)
    }

    @Test func readsBackOffWithJitter() async throws {
        let no = Result<HTTPResponse, HTTPError>.json(502, "<html>")
        let time = EagerTime()
        let bench = HetznerBench(Array(repeating: no, count: 4), time: time)
        _ = await failure { _ = try await bench.driver.server(named: "x") }
        #expect(time.slept == [.milliseconds(500), .seconds(1), .seconds(2)])
    }

    @Test func anExhaustedRateLimitStatesTheWait() async throws {
        let headers: HTTPHeaders = [
            "RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "1800003600",
        ]
        let bench = HetznerBench([
            .json(429, HetznerAnswers.error("rate_limit_exceeded", "limit exceeded"), headers: headers)
        ])
        let failure = await failure { _ = try await bench.driver.createServer(HetznerBench.specification) }
        #expect(failure?.retryAfterMilliseconds == 1000)
    }
}
