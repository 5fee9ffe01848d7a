internal import AuraModel
internal import DriverREST
internal import HTTPClient
internal import JSON

extension HetznerAPI {
    /// The maximum number of pages. A longer listing is treated as a fault of the provider.
    private static let maximumPages = 2000

    /// Sends the call. Returns `nil` if the provider reports that the resource does not exist.
    func findable<Answer: Decodable>(_ call: HetznerCall, as: Answer.Type) async throws(Failure) -> Answer? {
        do {
            return try await send(call, as: Answer.self)
        } catch  where error.code == "not_found" {
            return nil
        }
    }

    /// Reads all pages and passes each to `take`, which returns the page's `meta`.
    func pages<Page: Decodable>(
        _ call: HetznerCall, _ take: (Page) throws(Failure) -> WireMeta?
    ) async throws(Failure) {
        var page = 1
        for _ in 1...Self.maximumPages {
            var numbered = call
            numbered.query.append(("page", String(page)))
            let meta = try take(try await send(numbered, as: Page.self))
            guard let next = meta?.pagination?.nextPage else { return }
            guard next > page else { break }
            page = next
        }
        throw Failure(.transient, code: "providerAnswer", message: "cannot \(call.what): the pages have no end")
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
        let call = HetznerCall(method: .get, path: "/actions", query: query, what: "read \(ids.count) actions")
        do {
            try await pages(call) { (page: ActionsAnswer) in
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
        let call = HetznerCall(method: .get, path: "/actions/\(id)", what: "read action \(id)")
        do {
            return .success(try await findable(call, as: ActionAnswer.self)?.action)
        } catch {
            return .failure(error)
        }
    }
}
