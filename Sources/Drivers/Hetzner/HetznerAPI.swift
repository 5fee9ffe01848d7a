internal import AuraModel
internal import DriverKit
internal import DriverREST
internal import HTTPClient
internal import JSON
internal import Locking
internal import Logging

/// One call of the Hetzner Cloud API.
struct HetznerCall: Sendable {
    var method: HTTPMethod
    /// The path below the endpoint, with a leading slash.
    var path: String
    var query: [(name: String, value: String)] = []
    var body: JSONValue?
    /// The call for messages: "create server aura-ada-g1".
    var what: String

    var effect: CallEffect {
        switch method {
        case .get, .head: .read
        case .put, .patch, .delete: .repeatable
        case .post: .once
        }
    }
}

/// Sends calls. Keeps the rate limit and the limit of concurrent calls, retries reads, and classifies errors.
final class HetznerAPI: Sendable {
    private let settings: HetznerSettings
    private let http: any HTTPTransport
    private let time: any TimeSource
    private let random: any RandomSource
    private let log: Logger
    private let budget: Locked<RateBudget>
    private let permits: AsyncSemaphore
    /// The rate limit that all daemons share; `nil` if there is only one daemon.
    private let shared: (any SharedBudget)?
    /// The number of calls that may be sent before the shared limit is asked again. `hasNews` is true if a response
    /// arrived since then.
    private let lot = Locked((calls: 0, hasNews: false))
    /// A lock: one caller asks for a lot, and the others wait for it.
    private let asking = AsyncSemaphore(1)

    /// The limit of a response. A page of 50 servers with their price lists has some hundred kilobytes.
    private static let responseLimitBytes = 8 << 20
    private static let readBackoff = Backoff(base: .seconds(1), cap: .seconds(60))

    init(
        settings: HetznerSettings, http: any HTTPTransport, shared: (any SharedBudget)?, time: any TimeSource,
        random: any RandomSource, log: Logger
    ) {
        self.settings = settings
        self.shared = shared
        self.http = http
        self.time = time
        self.random = random
        self.log = log
        budget = Locked(RateBudget(now: time.now()))
        permits = AsyncSemaphore(settings.maximumConcurrentRequests)
    }

    /// Sends the call and returns the response's JSON; `null` if the response has no body.
    func send(_ call: HetznerCall) async throws(Failure) -> JSONValue {
        var attempt = 1
        while true {
            do {
                return try await sendOnce(call)
            } catch {
                guard call.effect == .read, attempt <= settings.readRetries,
                    HetznerErrorClass.isRepeatedByOfficialClients(error.code)
                else { throw error }
                let wait = Self.readBackoff.wait(
                    attempt: attempt, unit: random.unit(), floorMilliseconds: error.retryAfterMilliseconds)
                guard wait <= settings.maximumRateWait else { throw error }
                await LeaseGuard.willRetry(error, tries: attempt, of: settings.readRetries + 1, after: wait)
                try await sleep(wait, call)
                attempt += 1
            }
        }
    }

    /// Sends the call and decodes the response as `Answer`.
    func send<Answer: Decodable>(_ call: HetznerCall, as: Answer.Type) async throws(Failure) -> Answer {
        let value = try await send(call)
        do {
            return try JSONValueDecoder(rootName: "answer").decode(Answer.self, from: value)
        } catch {
            throw unreadable(call, "\(error)", correlationID: nil)
        }
    }

    private func sendOnce(_ call: HetznerCall) async throws(Failure) -> JSONValue {
        try await takeShared(call)
        try await waitForTurn(call)
        let outcome: Result<HTTPResponse, HTTPError>
        do {
            outcome = try await permits.run(call.what) { () async throws(Failure) -> Result<HTTPResponse, HTTPError> in
                try LeaseGuard.check(changes: call.effect != .read)
                return await exchange(call)
            }
        } catch {
            budget.withLock { $0.giveBack(now: time.now()) }
            throw error
        }
        let response: HTTPResponse
        switch outcome {
        case .success(let answer): response = answer
        case .failure(let error):
            budget.withLock { $0.lost(now: time.now(), wasSent: error.mayHaveBeenSent) }
            throw Failure(error, effect: call.effect)
        }
        budget.withLock { $0.answered(now: time.now(), headers: RateHeaders(response)) }
        lot.withLock { $0.hasNews = true }
        log.debug(
            "hetzner call",
            metadata: ["method": "\(call.method.rawValue)", "path": "\(call.path)", "status": "\(response.status)"])
        return try read(response, call)
    }

    private func exchange(_ call: HetznerCall) async -> Result<HTTPResponse, HTTPError> {
        do { return .success(try await http.send(request(call))) } catch { return .failure(error) }
    }

    /// Takes one of the calls that all daemons together may send.
    private func takeShared(_ call: HetznerCall) async throws(Failure) {
        guard let shared else { return }
        var waited = Duration.zero
        while !takeFromLot() {
            // The caller sleeps without the lock, so that each waiting caller observes its own time limit.
            let wait = try await asking.run(call.what) { () async throws(Failure) in await ask(shared) }
            guard let wait else { continue }
            guard wait > .zero else { return }
            waited += wait
            guard waited <= settings.maximumRateWait else { throw Self.usedUp(call, retryAfter: wait) }
            try await sleep(wait, call)
        }
    }

    /// Asks for a lot, unless another caller just got one. Returns `nil` if there is a lot, the wait if no calls are
    /// left, and zero if the shared limit is not available.
    private func ask(_ shared: any SharedBudget) async -> Duration? {
        let (isThere, isNews) = lot.withLock { lot in
            defer { lot.hasNews = lot.hasNews && lot.calls > 0 }
            return (lot.calls > 0, lot.hasNews)
        }
        if isThere { return nil }
        switch await shared.take(seen: isNews ? budget.withLock { $0.reading } : nil) {
        case .calls(let count):
            lot.withLock { $0.calls += max(count, 1) }
            return nil
        case .wait(let duration): return max(duration, .milliseconds(1))
        case nil: return .zero
        }
    }

    private func takeFromLot() -> Bool {
        lot.withLock { lot in
            guard lot.calls > 0 else { return false }
            lot.calls -= 1
            return true
        }
    }

    private static func usedUp(_ call: HetznerCall, retryAfter wait: Duration) -> Failure {
        Failure(
            .transient, code: "rate_limit_exceeded",
            message: "cannot \(call.what): the project's rate limit is used up",
            retryAfterMilliseconds: wait.wholeMilliseconds)
    }

    private func waitForTurn(_ call: HetznerCall) async throws(Failure) {
        let decision = budget.withLock { $0.reserve(now: time.now(), atMost: settings.maximumRateWait) }
        switch decision {
        case .go(let wait) where wait == .zero: return
        case .go(let wait):
            do {
                try await sleep(wait, call)
            } catch {
                budget.withLock { $0.giveBack(now: time.now()) }
                throw error
            }
        case .refuse(let wait):
            throw Self.usedUp(call, retryAfter: wait)
        }
    }

    private func sleep(_ duration: Duration, _ call: HetznerCall) async throws(Failure) {
        do { try await time.sleep(for: duration) } catch { throw .cancelled(call.what) }
    }
}

// MARK: requests and responses

extension HetznerAPI {
    private func request(_ call: HetznerCall) -> HTTPRequest {
        var url = settings.endpoint + call.path
        if !call.query.isEmpty { url += "?" + Query.encode(call.query) }
        var headers: HTTPHeaders = ["Authorization": "Bearer \(settings.token.reveal())", "Accept": "application/json"]
        if call.body != nil { headers["Content-Type"] = "application/json" }
        return HTTPRequest(
            call.method, url, headers: headers, body: call.body?.serialized(), timeout: settings.requestTimeout,
            responseLimitBytes: Self.responseLimitBytes, cancellation: call.effect.cancellation)
    }

    private func read(_ response: HTTPResponse, _ call: HetznerCall) throws(Failure) -> JSONValue {
        guard (200...299).contains(response.status) else { throw failure(response, call) }
        guard !response.body.isEmpty else { return .null }
        do {
            return try ForeignJSON.read(response.body, limits: JSONLimits(bytes: Self.responseLimitBytes))
        } catch {
            throw unreadable(call, "\(error)", correlationID: correlationID(response))
        }
    }

    /// Returns the failure of a call that succeeded but has an unreadable response.
    private func unreadable(_ call: HetznerCall, _ reason: String, correlationID: String?) -> Failure {
        Failure(
            call.effect.classOfLostAnswer, code: "providerAnswer",
            message:
                "cannot \(call.what): cannot read the answer: \(PlainText.clean(reason, hiding: [settings.token]))",
            correlationID: correlationID)
    }

    private func correlationID(_ response: HTTPResponse) -> String? {
        response.headers["X-Correlation-Id"].map { PlainText.clean($0, hiding: [settings.token], limitBytes: 100) }
    }

    private func failure(_ response: HTTPResponse, _ call: HetznerCall) -> Failure {
        let error = HetznerErrorBody(response, hiding: settings.token)
        var failure = HetznerErrorClass.failure(
            code: error.code, status: response.status, text: error.text, effect: call.effect,
            message: "cannot \(call.what): \(error.text)",
            correlationID: correlationID(response))
        failure.retryAfterMilliseconds = retryAfter(response, code: error.code)
        log.warning("hetzner refuses", metadata: ["what": "\(call.what)", "code": "\(error.code)"])
        return failure
    }

    private func retryAfter(_ response: HTTPResponse, code: String) -> Int64? {
        let asked = response.headers["Retry-After"].flatMap(Int64.init).map { min(max($0, 0), 3600) * 1000 }
        switch code {
        case "rate_limit_exceeded":
            return max(budget.withLock { $0.exhausted(now: time.now()) }.wholeMilliseconds, asked ?? 0)
        case "maintenance": return asked ?? 300_000
        default: return asked
        }
    }
}

extension RateHeaders {
    fileprivate init?(_ response: HTTPResponse) {
        self.init(
            limit: response.headers["RateLimit-Limit"], remaining: response.headers["RateLimit-Remaining"],
            reset: response.headers["RateLimit-Reset"])
    }
}
