import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import TailscaleDriver
import Testing

/// The error replies of Tailscale, and the error class of each.
@Suite struct TailscaleFailureTests {
    @Test(arguments: [
        (400, "requested tags [tag:ci] are invalid or not permitted", ErrorClass.permanent, "badRequest"),
        (403, "user does not have access to this operation", .permanent, "forbidden"),
        (404, "tailnet not found", .permanent, "notFound"),
        (429, "slow down", .transient, "rateLimited"),
        (500, "internal", .transient, "providerFault"),
        (502, "gateway", .transient, "providerFault"),
        (501, "cannot delete devices outside of your tailnet", .permanent, "notOurs"),
        (418, "teapot", .permanent, "http418"),
    ])
    func everyStatusHasAnErrorClassAndCode(status: Int, message: String, errorClass: ErrorClass, code: String)
        async throws
    {
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(status, #"{"message":"\#(message)"}"#) }
        let failure = await failure {
            _ = try await bench.driver.mintKey(EnrolmentKeySpecification(description: "ada", lifetime: .seconds(60)))
        }
        #expect(failure?.errorClass == errorClass)
        #expect(failure?.code == code)
        #expect(failure?.message == "cannot mint a key for ada: \(message)")
        #expect(bench.others.count == 1, "what changes something is never repeated by the driver")
    }

    @Test func theDetailsOfAPolicyErrorAreInTheMessage() async throws {
        let body = #"{"message":"test(s) failed","data":[{"user":"u","errors":["no owner","no tag"]}]}"#
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(400, body) }
        let failure = await failure { try await bench.driver.deleteDevice(nodeID: "n") }
        #expect(failure?.message == "cannot delete device n: test(s) failed (no owner; no tag)")
    }

    @Test func theRetryAfterHeaderIsPassedOn() async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(429, "{}", headers: ["Retry-After": "17"]) }
        #expect(await failure { try await bench.driver.deleteDevice(nodeID: "n") }?.retryAfterMilliseconds == 17_000)
    }

    @Test func readsAreRetriedAfterTheRequestedWait() async throws {
        let time = EagerTime()
        let bench = TailnetBench(time: time) { (_, number) throws(HTTPError) in
            switch number {
            case 1: .json(429, "{}", headers: ["Retry-After": "9"])
            case 2: .json(503, "<html>")
            default: .json(200, #"{"devices":[]}"#)
            }
        }
        #expect(try await bench.driver.devices(hostname: "x").isEmpty)
        #expect(time.slept == [.seconds(9), .seconds(1)])
    }

    @Test func aReadIsNotRetriedIfTheWaitIsTooLong() async throws {
        let time = EagerTime()
        let bench = TailnetBench(time: time) { (_, _) throws(HTTPError) in
            .json(429, "{}", headers: ["Retry-After": "600"])
        }
        #expect(await failure { _ = try await bench.driver.device(nodeID: "n") }?.retryAfterMilliseconds == 600_000)
        #expect(time.slept.isEmpty)
    }

    @Test func aLostAnswerToMintingIsTransientSinceAnOrphanExpires() async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in
            throw HTTPError(.connectionLost, message: "lost", mayHaveBeenSent: true)
        }
        let failure = await failure {
            _ = try await bench.driver.mintKey(EnrolmentKeySpecification(description: "ada", lifetime: .seconds(60)))
        }
        #expect(failure?.errorClass == .transient)
        #expect(failure?.code == "providerConnectionLost")
    }

    @Test(arguments: [#"{"id":"k"}"#, #"{"key":"s"}"#, "", "[]", "<html>"])
    func anUnreadableReplyToMintingIsAFailure(body: String) async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(200, body) }
        let failure = await failure {
            _ = try await bench.driver.mintKey(EnrolmentKeySpecification(description: "ada", lifetime: .seconds(60)))
        }
        #expect(failure?.code == "providerAnswer")
    }
}
