internal import AuraModel
internal import DriverKit
internal import DriverREST
internal import HTTPClient
internal import Logging

extension RESTClient {
    /// Returns a client for the Hetzner Cloud API. It observes the project's rate limit, and retries reads when
    /// Hetzner's own clients retry them.
    ///
    /// `shared` is the rate limit that all daemons share; `nil` if there is only one daemon.
    static func hetzner(
        _ settings: HetznerSettings, http: any HTTPTransport, shared: (any SharedBudget)?, time: any TimeSource,
        random: any RandomSource, log: Logger
    ) -> RESTClient {
        let budget = ProjectBudget(shared: shared, maximumWait: settings.maximumRateWait, time: time)
        return RESTClient(
            settings: RESTSettings(
                name: "hetzner", endpoint: settings.endpoint, authentication: .bearer(settings.token),
                requestTimeout: settings.requestTimeout,
                // A page of 50 servers with their price lists has some hundred kilobytes.
                responseLimitBytes: 8 << 20, maximumConcurrentRequests: settings.maximumConcurrentRequests,
                readRetries: settings.readRetries, longestRetryWait: settings.maximumRateWait,
                retriedCodes: HetznerErrorClass.retriedCodes, missingCode: "not_found",
                correlationHeader: "X-Correlation-Id"),
            http: http, rateLimit: budget, time: time, random: random, log: log
        ) { refusal in
            var failure = HetznerErrorBody(refusal).failure(refusal)
            switch failure.code {
            case "rate_limit_exceeded":
                failure.retryAfterMilliseconds = max(
                    budget.exhausted().wholeMilliseconds, refusal.retryAfterMilliseconds ?? 0)
            case "maintenance": failure.retryAfterMilliseconds = refusal.retryAfterMilliseconds ?? 300_000
            default: break
            }
            log.warning("hetzner refuses", metadata: ["what": "\(refusal.call.what)", "code": "\(failure.code)"])
            return failure
        }
    }

    /// Reads all pages and passes each to `take`, which returns the page's `meta`.
    func pages<Page: Decodable>(
        _ call: RESTCall, _ take: (Page) throws(Failure) -> WireMeta?
    ) async throws(Failure) {
        try await pages(call, parameter: "page", first: "1") { (page: Page) throws(Failure) -> String? in
            try take(page)?.pagination?.nextPage.map(String.init)
        }
    }

    /// Returns one result for each id: the action, `nil` if the provider does not know it, or the failure of its part
    /// of the request.
    func actions(_ ids: Set<Int64>) async -> [Int64: Result<WireAction?, Failure>] {
        let sorted = ids.sorted()
        let chunks = stride(from: 0, to: sorted.count, by: 25).map { Array(sorted[$0..<min($0 + 25, sorted.count)]) }
        return await withTaskGroup(of: [Int64: Result<WireAction?, Failure>].self) { group in
            for chunk in chunks {
                group.addTask { await self.chunk(chunk) }
            }
            return await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        }
    }

    private func chunk(_ ids: [Int64]) async -> [Int64: Result<WireAction?, Failure>] {
        var found: [Int64: Result<WireAction?, Failure>] = [:]
        for id in ids { found[id] = .success(nil) }
        let query = ids.map { ("id", String($0)) } + [("per_page", "50")]
        do {
            try await pages(RESTCall(.get, "/actions", query: query, what: "read \(ids.count) actions")) {
                (page: ActionsAnswer) in
                for action in page.actions { found[action.id] = .success(action) }
                return page.meta
            }
        } catch  where error.code == "not_found" {
            // One unknown id can make the whole request fail.
            for id in ids { found[id] = await single(id) }
        } catch {
            for id in ids { found[id] = .failure(error) }
        }
        return found
    }

    private func single(_ id: Int64) async -> Result<WireAction?, Failure> {
        do {
            let call = RESTCall(.get, "/actions/\(id)", what: "read action \(id)")
            return .success(try await find(call, as: ActionAnswer.self)?.action)
        } catch {
            return .failure(error)
        }
    }
}
