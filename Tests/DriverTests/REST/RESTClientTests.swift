import AuraModel
import DriverKit
import DriverREST
import HTTPClient
import HTTPDoubles
import JSON
import Locking
import Logging
import Testing

/// A client on a scripted transport. The provider's errors are `{"text":…}` with codes such as `http429`.
private struct ClientBench {
    let transport: ScriptedTransport
    let limit = CountingLimit()
    let client: RESTClient

    init(
        _ transport: ScriptedTransport, time: any TimeSource = EagerTime(),
        _ change: (inout RESTSettings) -> Void = { _ in }
    ) {
        self.transport = transport
        var settings = RESTSettings(
            name: "post", endpoint: "http://api.test/v1",
            authentication: .bearer(ProviderCredential(Secret("t0ken-of-the-test"))),
            retriedCodes: ["http429", "http500", "http502", "providerTimeout"], missingCode: "http404",
            correlationHeader: "X-Id")
        change(&settings)
        client = RESTClient(
            settings: settings, http: transport, rateLimit: limit, time: time, random: EvenRandom(),
            log: Logger(label: "test")
        ) { refusal in
            let text = refusal.body?["text"]?.stringValue ?? refusal.statusText
            let errorClass: ErrorClass =
                switch refusal.status {
                case 429: .transient
                case 500...599: refusal.call.effect.classOfLostAnswer
                default: .permanent
                }
            return Failure(
                errorClass, code: "http\(refusal.status)",
                message: "cannot \(refusal.call.what): \(refusal.clean(text))")
        }
    }

    init(
        _ answers: [Result<HTTPResponse, HTTPError>], time: any TimeSource = EagerTime(),
        _ change: (inout RESTSettings) -> Void = { _ in }
    ) {
        self.init(ScriptedTransport(answers), time: time, change)
    }

    static let reading = RESTCall(.get, "/letters/1", what: "read letter 1")
    static let deleting = RESTCall(.delete, "/letters/1", what: "delete letter 1")
    static let creating = RESTCall(.post, "/letters", body: .json(["to": "ada"]), what: "send a letter")
}

/// A rate limit that admits every request and records the outcomes.
private final class CountingLimit: RESTRateLimit {
    private let record = Locked((reserved: 0, outcomes: [String]()))

    func reserve(_ call: RESTCall) async throws(Failure) { record.withLock { $0.reserved += 1 } }

    func settle(_ outcome: RESTOutcome) {
        let text =
            switch outcome {
            case .notSent: "not sent"
            case .lost: "lost"
            case .answered(let headers): "answered \(headers["X-Left"] ?? "")"
            }
        record.withLock { $0.outcomes.append(text) }
    }

    var reserved: Int { record.withLock { $0.reserved } }
    var outcomes: [String] { record.withLock { $0.outcomes } }
}

/// One row of the table of refusals: an answer, and the failure of each kind of call after it.
struct RefusalCase: Sendable, CustomStringConvertible {
    var description: String
    var answer: Result<HTTPResponse, HTTPError>
    var code: String
    /// The error class of a read and of a repeatable call.
    var errorClass: ErrorClass
    /// The error class of a call that must have its effect only once.
    var once: ErrorClass
    /// The waits between the tries of a read, in milliseconds. Other calls are sent once.
    var waits: [Int]
    var outcome: String

    init(
        _ description: String, _ answer: Result<HTTPResponse, HTTPError>, _ code: String, _ errorClass: ErrorClass,
        once: ErrorClass? = nil, waits: [Int] = [], outcome: String = "answered "
    ) {
        self.description = description
        self.answer = answer
        self.code = code
        self.errorClass = errorClass
        self.once = once ?? errorClass
        self.waits = waits
        self.outcome = outcome
    }

    /// The waits of a backoff of one second in the middle of its range.
    private static let backoff = [500, 1000, 2000]
    private static let page = "<html><head><title>502 Bad Gateway</title></head></html>"

    static let all = [
        RefusalCase(
            "no network", .lost(.notSent, mayHaveBeenSent: false), "providerUnreachable", .transient,
            outcome: "not sent"),
        RefusalCase(
            "no trusted TLS session", .lost(.tls, mayHaveBeenSent: false), "providerUnreachable", .transient,
            outcome: "not sent"),
        RefusalCase(
            "timeout before sending", .lost(.timedOut, mayHaveBeenSent: false), "providerTimeout", .transient,
            waits: backoff, outcome: "not sent"),
        RefusalCase(
            "timeout after sending", .lost(.timedOut, mayHaveBeenSent: true), "providerTimeout", .transient,
            once: .ambiguous, waits: backoff, outcome: "lost"),
        RefusalCase(
            "connection lost", .lost(.connectionLost, mayHaveBeenSent: true), "providerConnectionLost", .transient,
            once: .ambiguous, outcome: "lost"),
        RefusalCase(
            "cancelled while in flight", .lost(.cancelled, mayHaveBeenSent: true), "cancelled", .transient,
            once: .ambiguous, outcome: "lost"),
        RefusalCase("401", .json(401, #"{"text":"no"}"#), "http401", .permanent),
        RefusalCase("429", .json(429, "{}"), "http429", .transient, waits: backoff),
        RefusalCase(
            "429 with a short Retry-After", .json(429, "{}", headers: ["Retry-After": "1"]), "http429", .transient,
            waits: [1000, 1000, 2000]),
        RefusalCase(
            "429 with a long Retry-After", .json(429, "{}", headers: ["Retry-After": "31"]), "http429", .transient),
        RefusalCase("500", .json(500, "{}"), "http500", .transient, once: .ambiguous, waits: backoff),
        RefusalCase(
            "502 with a page", .json(502, page, headers: ["Content-Type": "text/html"]), "http502", .transient,
            once: .ambiguous, waits: backoff),
        RefusalCase("503, which is not retried", .json(503, ""), "http503", .transient, once: .ambiguous),
        RefusalCase(
            "redirect", .json(302, "", headers: ["Location": "http://other.test/"]), "http302", .permanent),
        RefusalCase("200 with half a body", .json(200, #"{"id":1"#), "providerAnswer", .transient, once: .ambiguous),
        RefusalCase("200 with a page", .json(200, page), "providerAnswer", .transient, once: .ambiguous),
        RefusalCase("200 without a body", .json(200, ""), "providerAnswer", .transient, once: .ambiguous),
        RefusalCase("200 with other JSON", .json(200, #"{"id":"x"}"#), "providerAnswer", .transient, once: .ambiguous),
    ]
}

@Suite("RESTClient", .timeLimit(.minutes(3)))
struct RESTClientTests {
    private struct Letter: Decodable, Sendable {
        var id: Int
    }

    @Test(arguments: RefusalCase.all)
    func eachRefusalHasAClassACodeAndTries(_ row: RefusalCase) async throws {
        for (call, errorClass, waits) in [
            (ClientBench.reading, row.errorClass, row.waits), (ClientBench.deleting, row.errorClass, []),
            (ClientBench.creating, row.once, []),
        ] {
            let time = EagerTime()
            let bench = ClientBench(Array(repeating: row.answer, count: 9), time: time)
            let failure = await failure { _ = try await bench.client.send(call, as: Letter.self) }
            #expect(failure?.errorClass == errorClass, "\(call)")
            #expect(failure?.code == row.code, "\(call)")
            #expect(time.slept == waits.map { .milliseconds($0) }, "\(call)")
            #expect(bench.limit.reserved == waits.count + 1)
            #expect(bench.limit.outcomes == Array(repeating: row.outcome, count: waits.count + 1), "\(call)")
            #expect(bench.transport.requests.count == waits.count + 1, "\(call)")
            #expect(failure?.message.contains("html") == false)
        }
    }

    @Test func aReadSucceedsAfterATemporaryFailure() async throws {
        let bench = ClientBench([
            .json(429, "{}", headers: ["X-Left": "0"]), .lost(.timedOut, mayHaveBeenSent: true),
            .json(200, #"{"id":7}"#, headers: ["X-Left": "9"]),
        ])
        #expect(try await bench.client.send(ClientBench.reading, as: Letter.self).id == 7)
        #expect(bench.limit.outcomes == ["answered 0", "lost", "answered 9"])
    }

    @Test func aRetryIsReported() async throws {
        let bench = ClientBench([.json(500, #"{"text":"busy"}"#), .json(200, "{}")])
        let said = Locked<[String]>([])
        try await LeaseGuard.permitted(
            { () throws(Failure) in }, onRetry: { text in said.withLock { $0.append(text) } }
        ) {
            _ = try await bench.client.send(ClientBench.reading)
        }
        #expect(said.withLock { $0 } == ["try 1 of 4: cannot read letter 1: busy; next try in 0.5 s"])
    }

    @Test func aCallWithoutALeaseIsNotSent() async throws {
        let bench = ClientBench([.json(200, "{}")])
        let lost = Failure(.transient, code: "fenced", message: "the lease has expired")
        let failure = await failure {
            try await LeaseGuard.permitted({ () throws(Failure) in throw lost }) {
                _ = try await bench.client.send(ClientBench.creating)
            }
        }
        #expect(failure == lost)
        #expect(bench.transport.requests.isEmpty)
        #expect(bench.limit.outcomes == ["not sent"])
    }

    @Test func onlyCallsThatChangeSomethingAreAnnounced() async throws {
        let bench = ClientBench([.json(200, "{}"), .json(200, "{}"), .json(200, "{}")])
        let changes = Locked(0)
        try await LeaseGuard.permitted({ () throws(Failure) in }, onChange: { changes.withLock { $0 += 1 } }) {
            for call in [ClientBench.reading, ClientBench.deleting, ClientBench.creating] {
                _ = try await bench.client.send(call)
            }
        }
        #expect(changes.withLock { $0 } == 2)
        #expect(bench.transport.requests.map(\.cancellation) == [.abort, .finish, .finish])
    }

    /// The first call has the only permit. The second one waits for it and is cancelled.
    @Test func aCallIsNotSentIfItIsCancelledWhileItWaitsForAPermit() async throws {
        let go = Signal()
        let bench = ClientBench(
            ScriptedTransport { (_, _) throws(HTTPError) in
                await go.wait()
                return .json(200, "{}")
            }
        ) { $0.maximumConcurrentRequests = 1 }
        let first = Task { try await bench.client.send(ClientBench.creating) }
        while bench.transport.requests.isEmpty { await Task.yield() }
        let second = Task { try await bench.client.send(ClientBench.creating) }
        while bench.limit.reserved < 2 { await Task.yield() }
        second.cancel()
        let failure = await failure { _ = try await second.value }
        #expect(failure?.code == "cancelled")
        #expect(failure?.errorClass == .transient)
        go.raise()
        _ = try await first.value
        #expect(bench.transport.requests.count == 1)
        #expect(bench.limit.outcomes == ["not sent", "answered "])
    }

    @Test func aReadIsNotRetriedIfItIsCancelledDuringTheWait() async throws {
        let time = VirtualTime()
        let bench = ClientBench([.json(500, "{}")], time: time)
        let read = Task { try await bench.client.send(ClientBench.reading) }
        await time.waitForSleeps(1)
        read.cancel()
        #expect(await failure { _ = try await read.value }?.code == "cancelled")
        #expect(bench.transport.requests.count == 1)
    }

    @Test func aRequestHasItsQueryHeadersAndBody() async throws {
        let bench = ClientBench([.json(200, "{}"), .json(200, "{}"), .json(200, "{}")]) {
            $0.requestTimeout = .seconds(7)
            $0.responseLimitBytes = 1000
        }
        let search = RESTCall(.get, "/letters", query: [("to", "ada & bob"), ("to", "ö")], what: "list letters")
        let form = RESTCall(
            .post, "/login", body: .form([("user", "ada"), ("password", "a b&c")]), what: "log in", effect: .repeatable)
        for call in [search, ClientBench.creating, form] { _ = try await bench.client.send(call) }
        let sent = bench.transport.requests
        #expect(sent.map(\.url).first == "http://api.test/v1/letters?to=ada%20%26%20bob&to=%C3%B6")
        #expect(sent.allSatisfy { $0.headers["Authorization"] == "Bearer t0ken-of-the-test" })
        #expect(sent.allSatisfy { $0.headers["Accept"] == "application/json" })
        #expect(
            sent.map { $0.headers["Content-Type"] } == [nil, "application/json", "application/x-www-form-urlencoded"])
        #expect(
            sent.map { $0.body.map { String(decoding: $0, as: UTF8.self) } }
                == [nil, #"{"to":"ada"}"#, "user=ada&password=a%20b%26c"])
        #expect(sent.allSatisfy { $0.timeout == .seconds(7) && $0.responseLimitBytes == 1000 })
        #expect("\(form)\(String(reflecting: form))".contains("a b") == false)
    }

    @Test func aMissingResourceIsNil() async throws {
        let bench = ClientBench([.json(404, "{}"), .json(404, "{}"), .json(403, "{}")])
        #expect(try await bench.client.find(ClientBench.reading) == nil)
        #expect(try await bench.client.find(ClientBench.reading, as: Letter.self)?.id == nil)
        #expect(await failure { _ = try await bench.client.find(ClientBench.reading) }?.code == "http403")
    }

    @Test func aSuccessWithoutABodyIsNull() async throws {
        let bench = ClientBench([.json(204, "")])
        #expect(try await bench.client.send(ClientBench.deleting) == .null)
    }

    @Test func aFailureHasTheProvidersIDAndNoSecret() async throws {
        let text = #"{"text":"bad Bearer t0ken-of-the-test\nhere"}"#
        let bench = ClientBench([
            .json(403, text, headers: ["X-Id": "c-1"]),
            .json(200, "t0ken-of-the-test", headers: ["X-Id": "t0ken-of-the-test"]),
        ])
        let refused = await failure { _ = try await bench.client.send(ClientBench.creating) }
        #expect(refused?.message == "cannot send a letter: bad Bearer [secret] here")
        #expect(refused?.correlationID == "c-1")
        let unreadable = await failure { _ = try await bench.client.send(ClientBench.creating) }
        #expect(unreadable?.correlationID == "[secret]")
        #expect(unreadable?.message.hasPrefix("cannot send a letter: cannot read the answer: ") == true)
        #expect(unreadable?.message.contains("t0ken") == false)
    }

    /// The provider refuses the first token, then the second one too. The token's own request is not authenticated.
    @Test func aRefusedAccessTokenIsReplacedOnce() async throws {
        let tokens = Locked(0)
        let bench = ClientBench(
            ScriptedTransport { (request, _) throws(HTTPError) in
                guard request.url == "http://api.test/v1/token" else { return .json(401, "{}") }
                let number = tokens.withLock { tokens in
                    tokens += 1
                    return tokens
                }
                return .json(200, #"{"access_token":"token-\#(number)","expires_in":60}"#)
            }
        ) {
            $0.authentication = .clientCredentials(
                tokenPath: "/token", id: "me", secret: ProviderCredential(Secret("s3cret")))
        }
        #expect(await failure { _ = try await bench.client.send(ClientBench.creating) }?.code == "http401")
        #expect(
            bench.transport.requests.map { $0.headers["Authorization"] }
                == [nil, "Bearer token-1", nil, "Bearer token-2"])
        #expect(bench.limit.outcomes.count == 4)
    }

    @Test func pagesAreReadUntilTheLastOne() async throws {
        struct Page: Decodable {
            var ids: [Int]
            var next: String?
        }
        let bench = ClientBench([
            .json(200, #"{"ids":[1,2],"next":"b"}"#), .json(200, #"{"ids":[3],"next":"c"}"#),
            .json(200, #"{"ids":[]}"#),
        ])
        let call = RESTCall(.get, "/letters", query: [("limit", "2")], what: "list letters")
        var ids: [Int] = []
        try await bench.client.pages(call, parameter: "cursor") { (page: Page) in
            ids += page.ids
            return page.next
        }
        #expect(ids == [1, 2, 3])
        #expect(
            bench.transport.lines == [
                "GET /v1/letters?limit=2", "GET /v1/letters?limit=2&cursor=b", "GET /v1/letters?limit=2&cursor=c",
            ])
    }

    @Test func pagesThatRepeatAreAFailure() async throws {
        struct Page: Decodable {
            var next: String?
        }
        let bench = ClientBench(Array(repeating: .json(200, #"{"next":"1"}"#), count: 9))
        let call = RESTCall(.get, "/letters", what: "list letters")
        let failure = await failure {
            try await bench.client.pages(call, parameter: "page", first: "1") { (page: Page) in page.next }
        }
        #expect(failure?.code == "providerAnswer")
        #expect(bench.transport.requests.count == 1)
    }
}
