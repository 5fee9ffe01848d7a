import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import JSON
import Testing

@testable import HetznerDriver

/// Callers that wait for actions at the same time share one request.
@Suite struct HetznerActionTests {
    /// Returns every requested action as successful, in one page.
    @Sendable private static func oblige(_ request: HTTPRequest) -> HTTPResponse {
        let ids =
            request.url.split(separator: "?").last?.split(separator: "&")
            .filter { $0.hasPrefix("id=") }.compactMap { Int64($0.dropFirst(3)) } ?? []
        let actions = ids.map { HetznerAnswers.action($0, "success") }.joined(separator: ",")
        return .json(200, #"{"actions":[\#(actions)],\#(HetznerAnswers.meta(next: nil))}"#)
    }

    /// Callers within the window of 20 ms share one request.
    ///
    ///     caller 1: opens ── 20 ms ────────── requests 1, 2, 3
    ///     caller 2:      joins (2, 3)
    @Test func callersWithinTheWindowShareOneRequest() async throws {
        let time = VirtualTime()
        let bench = HetznerBench(
            ScriptedTransport { (request, _) throws(HTTPError) in Self.oblige(request) }, time: time)
        async let first = bench.driver.actions(ids: ["1", "2"])
        await time.waitForSleeps(1)
        let second = Task { try await bench.driver.actions(ids: ["3", "2"]) }
        let third = Task { try await bench.driver.actions(ids: ["2"]) }
        await settle(bench.driver, waiting: 2)
        time.advance(by: .milliseconds(20))
        #expect(try await first.map(\.id) == ["1", "2"])
        #expect(try await second.value.map(\.id) == ["3", "2"])
        #expect(try await third.value == [ServerAction(id: "2", status: .success)])
        #expect(bench.transport.requests.count == 1)
        #expect(bench.transport.lines.last == "GET /v1/actions?id=1&id=2&id=3&per_page=50&page=1")
    }

    @Test func laterCallersSendANewRequest() async throws {
        let bench = HetznerBench(
            ScriptedTransport([
                .json(200, #"{"actions":[\#(HetznerAnswers.action(1))]}"#),
                .json(200, #"{"actions":[\#(HetznerAnswers.action(1, "success"))]}"#),
            ]))
        #expect(try await bench.driver.actions(ids: ["1"]) == [ServerAction(id: "1", status: .running)])
        #expect(try await bench.driver.actions(ids: ["1"]) == [ServerAction(id: "1", status: .success)])
    }

    @Test func aRequestNamesAtMost25Actions() async throws {
        let bench = HetznerBench(
            ScriptedTransport { (request, number) throws(HTTPError) in
                Self.oblige(request)
            })
        let ids = (1...60).map(String.init)
        let actions = try await bench.driver.actions(ids: ids)
        #expect(actions.map(\.id) == ids)
        #expect(bench.transport.requests.count == 3)
        #expect(bench.transport.lines.map { $0.split(separator: "&").count - 2 }.sorted() == [10, 25, 25])
    }

    @Test func pagesAreFollowed() async throws {
        let bench = HetznerBench([
            .json(200, #"{"actions":[\#(HetznerAnswers.action(1))],\#(HetznerAnswers.meta(next: 2))}"#),
            .json(200, #"{"actions":[\#(HetznerAnswers.action(2))],\#(HetznerAnswers.meta(next: nil))}"#),
        ])
        #expect(try await bench.driver.actions(ids: ["1", "2"]).map(\.id) == ["1", "2"])
    }

    @Test func anUnknownActionIsMissingEvenIfItFailsTheRequest() async throws {
        let bench = HetznerBench(
            ScriptedTransport { (request, _) throws(HTTPError) in
                switch request.url {
                case "http://api.test/v1/actions/1": .json(200, #"{"action":\#(HetznerAnswers.action(1, "success"))}"#)
                default: .json(404, HetznerAnswers.error("not_found", "action not found"))
                }
            })
        #expect(try await bench.driver.actions(ids: ["1", "2"]) == [ServerAction(id: "1", status: .success)])
        #expect(Set(bench.transport.lines.dropFirst()) == ["GET /v1/actions/1", "GET /v1/actions/2"])
        let silent = HetznerBench([.json(200, #"{"actions":[]}"#)])
        #expect(try await silent.driver.actions(ids: ["9"]).isEmpty)
    }

    @Test func anEmptyListOfActionsSendsNoRequest() async throws {
        let bench = HetznerBench([])
        #expect(try await bench.driver.actions(ids: []).isEmpty)
        #expect(bench.transport.requests.isEmpty)
    }

    @Test func aFailedActionCarriesItsCodeAndMessage() async throws {
        let failed = HetznerAnswers.action(1, "error", error: #"{"code":"action_failed","message":"Action failed"}"#)
        let full = HetznerAnswers.action(2, "error", error: #"{"code":"resource_unavailable","message":"no room"}"#)
        let bench = HetznerBench([.json(200, #"{"actions":[\#(failed),\#(full)]}"#)])
        let actions = try await bench.driver.actions(ids: ["1", "2"])
        #expect(
            actions.map(\.status) == [
                .error(
                    Failure(
                        .transient, code: "action_failed", message: "cannot create_server (action 1): Action failed")),
                .error(
                    Failure(
                        .capacity, code: "resource_unavailable", message: "cannot create_server (action 2): no room")),
            ])
    }

    @Test func aFailedPartOfARoundFailsOnlyItsCallers() async throws {
        let time = VirtualTime()
        let bench = HetznerBench(
            ScriptedTransport { (request, _) throws(HTTPError) in
                guard request.url.contains("?id=1&") else { return .json(403, HetznerAnswers.error("forbidden", "no")) }
                return Self.oblige(request)
            }, time: time)
        async let first = bench.driver.actions(ids: (1...25).map(String.init))
        await time.waitForSleeps(1)
        let second = Task { try await bench.driver.actions(ids: ["26"]) }
        await settle(bench.driver, waiting: 1)
        time.advance(by: .milliseconds(20))
        #expect(try await first.count == 25)
        #expect(await failure { _ = try await second.value }?.code == "forbidden")
    }

    /// A follower whose leader is cancelled sends the request.
    ///
    ///     leader: opens ── cancelled
    ///     follower:   joins ────── leads ── 20 ms ── requests
    @Test func aFollowerSendsTheRequestIfTheLeaderIsCancelled() async throws {
        let time = VirtualTime()
        let bench = HetznerBench(
            ScriptedTransport { (request, _) throws(HTTPError) in Self.oblige(request) }, time: time)
        let leader = Task { try await bench.driver.actions(ids: ["1"]) }
        await time.waitForSleeps(1)
        let follower = Task { try await bench.driver.actions(ids: ["2"]) }
        await settle(bench.driver, waiting: 1)
        leader.cancel()
        #expect(await failure { _ = try await leader.value }?.code == "cancelled")
        await time.waitForSleeps(2)
        time.advance(by: .milliseconds(20))
        #expect(try await follower.value.map(\.id) == ["2"])
        #expect(bench.transport.requests.count == 1)
    }

    @Test func aCancelledFollowerLeavesTheOthersAlone() async throws {
        let time = VirtualTime()
        let bench = HetznerBench(
            ScriptedTransport { (request, _) throws(HTTPError) in Self.oblige(request) }, time: time)
        async let leader = bench.driver.actions(ids: ["1"])
        await time.waitForSleeps(1)
        let follower = Task { try await bench.driver.actions(ids: ["2"]) }
        await settle(bench.driver, waiting: 1)
        follower.cancel()
        #expect(await failure { _ = try await follower.value }?.code == "cancelled")
        time.advance(by: .milliseconds(20))
        #expect(try await leader.map(\.id) == ["1"])
    }

    /// Returns once `count` callers have joined the open round.
    private func settle(_ driver: HetznerCompute, waiting count: Int) async {
        while driver.gatherer.callersWaiting < count { await Task.yield() }
    }
}
