import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import SSHDriver
import Testing

/// Whether an agent is ready, over HTTP.
@Suite struct HTTPHealthTests {
    private static let target = HealthTarget(address: "100.64.0.2", port: 18789, access: nil)

    @Test func readyIsReady() async throws {
        let transport = ScriptedTransport([.json(200, #"{"ok":true,"status":"ready"}"#)])
        let report = try await HTTPHealth(http: transport).probe(Self.target)
        #expect(report == HealthReport(status: 200, body: #"{"ok":true,"status":"ready"}"#))
        #expect(transport.requests.map(\.url) == ["http://100.64.0.2:18789/readyz"])
        #expect(transport.requests.first?.timeout == .seconds(5))
    }

    @Test func withoutAReadinessPathItsHealthCounts() async throws {
        let transport = ScriptedTransport([.json(404, "no"), .json(200, "live")])
        let report = try await HTTPHealth(http: transport).probe(Self.target)
        #expect(report == HealthReport(status: 200, body: "live"))
        #expect(transport.lines == ["GET /readyz", "GET /healthz"])
    }

    @Test func notReadyIsTransientAndNotAskedFurther() async throws {
        let transport = ScriptedTransport([.json(503, "starting\nup")])
        let failure = await failure { _ = try await HTTPHealth(http: transport).probe(Self.target) }
        #expect(
            failure
                == Failure(
                    .transient, code: "agentNotReady",
                    message: "the agent on 100.64.0.2:18789 is not ready: status 503: starting up"))
    }

    @Test func silenceIsTransient() async throws {
        let transport = ScriptedTransport([.lost(.notSent, mayHaveBeenSent: false)])
        let failure = await failure { _ = try await HTTPHealth(http: transport).probe(Self.target) }
        #expect(failure?.errorClass == .transient)
        #expect(failure?.code == "agentUnreachable")
    }

    @Test func theBodyIsCutTo200Bytes() async throws {
        let transport = ScriptedTransport([.json(200, String(repeating: "ä", count: 5000))])
        let report = try await HTTPHealth(http: transport).probe(Self.target)
        #expect(report.body.utf8.count <= 200)
        #expect(report.body.hasSuffix("…"))
    }

    @Test func anIPv6AddressIsBracketed() async throws {
        let transport = ScriptedTransport([.json(200, "")])
        _ = try await HTTPHealth(http: transport).probe(HealthTarget(address: "fd7a::1", port: 80, access: nil))
        #expect(transport.requests.map(\.url) == ["http://[fd7a::1]:80/readyz"])
    }
}
