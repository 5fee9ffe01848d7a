import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import Locking
import TailscaleDriver
import Testing

/// The access token: cached, renewed in time, shared between calls, and replaced once if it is refused.
@Suite struct TailscaleTokenTests {
    private static let refused = HTTPResponse.json(401, #"{"message":"API token invalid"}"#)

    @Test func aTokenIsReusedUntilShortlyBeforeItExpires() async throws {
        let time = VirtualTime()
        let bench = TailnetBench(time: time) { (_, _) throws(HTTPError) in HTTPResponse(status: 200) }
        for _ in 1...3 { try await bench.driver.deleteDevice(nodeID: "n1") }
        time.advance(by: .seconds(3299))
        try await bench.driver.deleteDevice(nodeID: "n1")
        #expect(bench.tokens == 1)
        time.advance(by: .seconds(1))
        try await bench.driver.deleteDevice(nodeID: "n1")
        #expect(bench.tokens == 2)
        #expect(bench.transport.requests.last?.headers["Authorization"] == "Bearer t2")
    }

    @Test func aShortLivedTokenIsUsedForFourFifthsOfItsLife() async throws {
        let time = VirtualTime()
        let tokens = Locked(0)
        let bench = TailnetBench(
            ScriptedTransport { (request, _) throws(HTTPError) in
                guard request.url.hasSuffix("/oauth/token") else { return HTTPResponse(status: 200) }
                tokens.withLock { $0 += 1 }
                return .json(200, #"{"access_token":"t","expires_in":10}"#)
            }, time: time)
        try await bench.driver.deleteDevice(nodeID: "n1")
        time.advance(by: .milliseconds(7999))
        try await bench.driver.deleteDevice(nodeID: "n1")
        #expect(tokens.withLock { $0 } == 1)
        time.advance(by: .milliseconds(1))
        try await bench.driver.deleteDevice(nodeID: "n1")
        #expect(tokens.withLock { $0 } == 2)
    }

    @Test func callersAtTheSameTimeShareOneFetch() async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in HTTPResponse(status: 200) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...20 { group.addTask { try await bench.driver.deleteDevice(nodeID: "n1") } }
            try await group.waitForAll()
        }
        #expect(bench.tokens == 1)
        #expect(bench.others.count == 20)
    }

    @Test func aRevokedTokenIsReplacedOnce() async throws {
        let bench = TailnetBench { (request, _) throws(HTTPError) in
            request.headers["Authorization"] == "Bearer t1" ? Self.refused : .json(200, TailnetBench.device)
        }
        #expect(try await bench.driver.device(nodeID: "n1")?.nodeID == "nAbC3CNTRL")
        #expect(bench.tokens == 2)
        #expect(bench.others.count == 2)
        _ = try await bench.driver.device(nodeID: "n1")
        #expect(bench.tokens == 2)
    }

    @Test func aSecondRefusalIsFinal() async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in Self.refused }
        let failure = await failure { _ = try await bench.driver.device(nodeID: "n1") }
        #expect(failure?.errorClass == .permanent)
        #expect(failure?.code == "unauthorized")
        #expect(failure?.message == "cannot read device n1: API token invalid")
        #expect(bench.tokens == 2)
        #expect(bench.others.count == 2)
    }

    /// Two calls use t1 and are refused. The second refusal arrives after t2 was issued.
    @Test func aLateRefusalDoesNotDiscardTheNewToken() async throws {
        let firstRefused = Signal()
        let bench = TailnetBench { (request, _) throws(HTTPError) in
            guard request.headers["Authorization"] == "Bearer t1" else { return HTTPResponse(status: 200) }
            if request.url.hasSuffix("/late") { await firstRefused.wait() }
            return Self.refused
        }
        async let late: Void = bench.driver.deleteDevice(nodeID: "late")
        while !bench.others.contains("DELETE /v2/device/late") { await Task.yield() }
        try await bench.driver.deleteDevice(nodeID: "early")
        firstRefused.raise()
        try await late
        #expect(bench.tokens == 2)
    }

    @Test(arguments: [
        (401, #"{"message":"API token invalid"}"#, ErrorClass.permanent, "unauthorized"),
        (403, #"{"message":"no"}"#, .permanent, "forbidden"),
        (500, "", .transient, "providerFault"), (429, "{}", .transient, "rateLimited"),
        (200, "{}", .transient, "providerAnswer"), (200, "<html>", .transient, "providerAnswer"),
    ])
    func noRequestIsSentWithoutAToken(status: Int, body: String, errorClass: ErrorClass, code: String) async throws {
        let bench = TailnetBench(ScriptedTransport { (_, _) throws(HTTPError) in .json(status, body) })
        let failure = await failure { try await bench.driver.deleteDevice(nodeID: "n1") }
        #expect(failure?.errorClass == errorClass)
        #expect(failure?.code == code)
        #expect(failure?.message.hasPrefix("cannot get an access token: ") == true)
        #expect(bench.others.isEmpty)
    }

    @Test func aFailureContainsNoSecret() async throws {
        let bench = TailnetBench(ScriptedTransport([.lost(.connectionLost, mayHaveBeenSent: true)]))
        let failure = await failure { try await bench.driver.deleteDevice(nodeID: "n1") }
        #expect("\(String(describing: failure))".contains("tskey") == false)
        #expect(failure?.errorClass == .transient)
    }
}
