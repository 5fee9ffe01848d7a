import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import SSHDriver
import Testing

/// The agent's readiness, checked over HTTP.
@Suite struct HTTPHealthTests {
    private static let target = HealthTarget(address: "100.64.0.2", port: 18789, access: nil)

    @Test func channelsThatAreNotReadyAreReportedSeparately() async throws {
        let transport = ScriptedTransport([.json(200, "ok"), .json(503, "telegram: no token")])
        let report = try await HTTPHealth(http: transport).probe(Self.target)
        #expect(report.status == 200)
        #expect(report.channelsNotReady == "status 503: telegram: no token")
    }

    @Test func anUnavailableReadinessCheckIsNoFailure() async throws {
        let transport = ScriptedTransport([.json(200, "ok"), .lost(.timedOut, mayHaveBeenSent: true)])
        let report = try await HTTPHealth(http: transport).probe(Self.target)
        #expect(report == HealthReport(status: 200, body: "ok"))
    }

    @Test func aStartedAgentIsHealthy() async throws {
        let transport = ScriptedTransport([.json(200, #"{"ok":true,"status":"started"}"#), .json(200, "")])
        let report = try await HTTPHealth(http: transport).probe(Self.target)
        #expect(report == HealthReport(status: 200, body: #"{"ok":true,"status":"started"}"#))
        #expect(
            transport.requests.map(\.url) == [
                "http://100.64.0.2:18789/startupz", "http://100.64.0.2:18789/readyz",
            ])
        #expect(transport.requests.first?.timeout == .seconds(5))
    }

    @Test func theHealthPathIsUsedIfThereIsNoStartupPath() async throws {
        let transport = ScriptedTransport([.json(404, "no"), .json(200, "live"), .json(404, "no")])
        let report = try await HTTPHealth(http: transport).probe(Self.target)
        #expect(report == HealthReport(status: 200, body: "live"))
        #expect(transport.lines == ["GET /startupz", "GET /healthz", "GET /readyz"])
    }

    @Test func anUnstartedAgentIsATransientFailureWithoutFurtherRequests() async throws {
        let transport = ScriptedTransport([.json(503, "starting\nup")])
        let failure = await failure { _ = try await HTTPHealth(http: transport).probe(Self.target) }
        #expect(
            failure
                == Failure(
                    .transient, code: "agentNotReady",
                    message: "the agent on 100.64.0.2:18789 has not started: status 503: starting up"))
    }

    @Test func anUnreachableAgentIsATransientFailure() async throws {
        let transport = ScriptedTransport([.lost(.notSent, mayHaveBeenSent: false)])
        let failure = await failure { _ = try await HTTPHealth(http: transport).probe(Self.target) }
        #expect(failure?.errorClass == .transient)
        #expect(failure?.code == "agentUnreachable")
    }

    @Test func theBodyIsCutTo200Bytes() async throws {
        let transport = ScriptedTransport([.json(200, String(repeating: "ä", count: 5000)), .json(200, "")])
        let report = try await HTTPHealth(http: transport).probe(Self.target)
        #expect(report.body.utf8.count <= 200)
        #expect(report.body.hasSuffix("…"))
    }

    @Test func anIPv6AddressIsBracketed() async throws {
        let transport = ScriptedTransport([.json(200, ""), .json(200, "")])
        _ = try await HTTPHealth(http: transport).probe(HealthTarget(address: "fd7a::1", port: 80, access: nil))
        #expect(transport.requests.first?.url == "http://[fd7a::1]:80/startupz")
    }
}
