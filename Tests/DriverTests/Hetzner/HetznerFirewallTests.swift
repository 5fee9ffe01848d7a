import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import HetznerDriver
import JSON
import Testing

/// The firewall that the machines of all agents share.
@Suite struct HetznerFirewallTests {
    private static let none = Result<HTTPResponse, HTTPError>.json(200, #"{"firewalls":[]}"#)
    private static func firewall(port: String, labels: String = "{}") -> Result<HTTPResponse, HTTPError> {
        let sources = #""source_ips":["0.0.0.0/0","::/0"],"destination_ips":[]"#
        return .json(
            200,
            #"{"firewalls":[{"id":7,"name":"other"},{"id":38,"name":"aura-agents","labels":\#(labels),"rules":["#
                + #"{"direction":"in","protocol":"icmp","port":null,\#(sources),"description":null},"#
                + #"{"direction":"in","protocol":"tcp","port":"\#(port)",\#(sources),"description":"x"}],"applied_to":[]}]}"#
        )
    }
    private static let found = firewall(port: "22")
    private static let made = Result<HTTPResponse, HTTPError>.json(
        201, #"{"firewall":{"id":39,"name":"aura-agents","rules":[],"applied_to":[]},"actions":[]}"#)
    private static let taken = Result<HTTPResponse, HTTPError>.json(
        409, HetznerAnswers.error("uniqueness_error", "name is already used"))

    @Test func theFirewallIsFoundByNameAndCached() async throws {
        let time = VirtualTime()
        let bench = HetznerBench([Self.found, Self.found], time: time)
        for _ in 1...3 { #expect(try await bench.driver.ensureFirewall(labels: [:]) == "38") }
        #expect(bench.transport.lines == ["GET /v1/firewalls?name=aura-agents"])
        time.advance(by: .seconds(300))
        #expect(try await bench.driver.ensureFirewall(labels: [:]) == "38")
        #expect(bench.transport.requests.count == 2)
    }

    @Test func aNewFirewallAllowsOnlySSHAndPing() async throws {
        let bench = HetznerBench([Self.none, Self.made])
        #expect(try await bench.driver.ensureFirewall(labels: ["managed-by": "aura"]) == "39")
        let body = try JSONValue(parsing: try #require(bench.transport.requests.last?.body))
        #expect(body["name"] == "aura-agents")
        #expect(body["labels"] == ["managed-by": "aura"])
        let rules = try #require(body["rules"]?.arrayValue)
        #expect(rules.map { $0["protocol"]?.stringValue } == ["tcp", "icmp"])
        #expect(rules.map { $0["port"] } == [.string("22"), .null])
        #expect(rules.allSatisfy { $0["direction"] == "in" && $0["source_ips"] == ["0.0.0.0/0", "::/0"] })
    }

    @Test func aConcurrentlyCreatedFirewallIsUsed() async throws {
        let bench = HetznerBench([Self.none, Self.taken, Self.found])
        #expect(try await bench.driver.ensureFirewall(labels: [:]) == "38")
    }

    @Test func aCreateWithoutReplyIsFollowedByALookup() async throws {
        let bench = HetznerBench([Self.none, .lost(.connectionLost, mayHaveBeenSent: true), Self.found])
        #expect(try await bench.driver.ensureFirewall(labels: [:]) == "38")
        let gone = HetznerBench([Self.none, .lost(.connectionLost, mayHaveBeenSent: true), Self.none])
        #expect(await failure { _ = try await gone.driver.ensureFirewall(labels: [:]) }?.errorClass == .ambiguous)
    }

    @Test func aDisabledFirewallIsNotRequested() async throws {
        let bench = HetznerBench(ScriptedTransport([])) { $0.usesFirewall = false }
        #expect(try await bench.driver.ensureFirewall(labels: [:]) == nil)
    }

    @Test func callersAtTheSameTimeShareOneLookUp() async throws {
        let go = Signal()
        let bench = HetznerBench(
            ScriptedTransport { (_, number) throws(HTTPError) in
                await go.wait()
                return try number == 1 ? Self.found.get() : Self.none.get()
            })
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 1...10 { group.addTask { try await bench.driver.ensureFirewall(labels: [:]) } }
            go.raise()
            for try await id in group { #expect(id == "38") }
        }
        #expect(bench.transport.requests.count == 1)
    }

    @Test func aFirewallReportedAsMissingIsCreatedAgain() async throws {
        let missing = Result<HTTPResponse, HTTPError>.json(
            404, HetznerAnswers.error("not_found", "firewall with ID 38 not found"))
        let bench = HetznerBench([Self.found, missing, Self.none, Self.made])
        #expect(try await bench.driver.ensureFirewall(labels: [:]) == "38")
        let failure = await failure { _ = try await bench.driver.createServer(HetznerBench.specification) }
        #expect(failure?.errorClass == .transient)
        #expect(failure?.code == "not_found")
        #expect(try await bench.driver.ensureFirewall(labels: [:]) == "39")
    }

    @Test func anotherRefusalKeepsTheCachedFirewall() async throws {
        let refused = Result<HTTPResponse, HTTPError>.json(422, HetznerAnswers.error("invalid_input", "bad image"))
        let bench = HetznerBench([Self.found, refused])
        _ = try await bench.driver.ensureFirewall(labels: [:])
        #expect(
            await failure { _ = try await bench.driver.createServer(HetznerBench.specification) }?.errorClass
                == .permanent)
        #expect(try await bench.driver.ensureFirewall(labels: [:]) == "38")
    }

    @Test func rulesOfOurFirewallAreUpdatedToTheSettings() async throws {
        let old = Self.firewall(port: "22", labels: #"{"managed-by":"aura"}"#)
        let bench = HetznerBench(ScriptedTransport([old, .json(201, #"{"actions":[]}"#)])) {
            $0.openPorts = [2222, 18_789]
        }
        #expect(try await bench.driver.ensureFirewall(labels: ["managed-by": "aura"]) == "38")
        #expect(bench.transport.lines.last == "POST /v1/firewalls/38/actions/set_rules")
        let body = try JSONValue(parsing: try #require(bench.transport.requests.last?.body))
        let ports = (body["rules"]?.arrayValue ?? []).map { $0["port"] }
        #expect(ports == [.string("2222"), .string("18789"), .null])
    }

    @Test func aForeignFirewallWithOtherRulesIsNotUsed() async throws {
        let bench = HetznerBench([Self.firewall(port: "1-65535")])
        let failure = await failure { _ = try await bench.driver.ensureFirewall(labels: ["managed-by": "aura"]) }
        #expect(failure?.code == "firewallForeign")
        #expect(bench.transport.requests.count == 1)
    }
}
