import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import HetznerDriver
import JSON
import Testing

/// The requests to Hetzner, and the parsing of its replies.
@Suite struct HetznerServerTests {
    @Test func creatingSendsTheSpecificationAndReturnsEveryAction() async throws {
        let text = """
            {"server":\(HetznerAnswers.server()),"action":\(HetznerAnswers.action(606_028_482_673_874)),\
            "next_actions":[\(HetznerAnswers.action(9_007_199_254_740_991, command: "start_server"))],\
            "root_password":null}
            """
        let bench = HetznerBench([.json(201, text)])
        let creation = try await bench.driver.createServer(HetznerBench.specification)
        #expect(creation.actionIDs == ["606028482673874", "9007199254740991"])
        #expect(
            creation.server
                == Server(
                    id: "42000001", name: "aura-ada-g1", status: .initializing, address: "203.0.113.10",
                    location: "nbg1",
                    serverType: "cx23", labels: ["managed-by": "aura"]))
        let request = try #require(bench.transport.requests.first)
        #expect(bench.transport.lines == ["POST /v1/servers"])
        #expect(request.headers["Authorization"] == "Bearer t0ken")
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(request.cancellation == .finish)
        let body = try JSONValue(parsing: request.body ?? [])
        let expected = try JSONValue(
            parsing: """
                {"name":"aura-ada-g1","server_type":"cx23","location":"nbg1","image":"debian-12","ssh_keys":[2323],\
                "labels":{"aura/instance":"0199","managed-by":"aura"},"user_data":"#cloud-config\\n",\
                "start_after_create":true,\
                "public_net":{"enable_ipv4":true,"enable_ipv6":true},"firewalls":[{"firewall":38}]}
                """)
        #expect(body == expected)
    }

    @Test func theFirstHostOfTheIPv6NetworkIsTheAddressWithoutIPv4() async throws {
        let bench = HetznerBench([.json(200, #"{"server":\#(HetznerAnswers.server(ipv4: nil))}"#)])
        let server = try await bench.driver.server(id: "42000001")
        #expect(server?.address == "2001:db8:1:2::1")
    }

    @Test func aStatusThatIsNotKnownReadsAsUnknown() async throws {
        let bench = HetznerBench([.json(200, #"{"server":\#(HetznerAnswers.server(status: "hibernating"))}"#)])
        let server = try await bench.driver.server(id: "42000001")
        #expect(server?.status == .unknown)
    }

    @Test func lookupByNameMatchesTheExactNameOnly() async throws {
        let bench = HetznerBench([
            .json(200, #"{"servers":[\#(HetznerAnswers.server(1, name: "other"))]}"#),
            .json(200, #"{"servers":[\#(HetznerAnswers.server(7))],\#(HetznerAnswers.meta(next: nil))}"#),
        ])
        let none = try await bench.driver.server(named: "aura-ada-g1")
        let found = try await bench.driver.server(named: "aura-ada-g1")
        #expect(none == nil)
        #expect(found?.id == "7")
        #expect(bench.transport.lines.first == "GET /v1/servers?name=aura-ada-g1")
        #expect(bench.transport.requests.first?.cancellation == .abort)
    }

    @Test func aMissingServerOrKeyIsNoError() async throws {
        let gone = Result<HTTPResponse, HTTPError>.json(404, HetznerAnswers.error("not_found", "server not found"))
        let bench = HetznerBench([gone, gone, gone])
        let server = try await bench.driver.server(id: "5")
        let actions = try await bench.driver.deleteServer(id: "5")
        try await bench.driver.deleteKey(id: "6")
        #expect(server == nil)
        #expect(actions == [])
        #expect(bench.transport.lines == ["GET /v1/servers/5", "DELETE /v1/servers/5", "DELETE /v1/ssh_keys/6"])
    }

    @Test func deletingReturnsItsAction() async throws {
        let bench = HetznerBench([.json(200, #"{"action":\#(HetznerAnswers.action(11, command: "delete_server"))}"#)])
        #expect(try await bench.driver.deleteServer(id: "5") == ["11"])
    }

    @Test func powerCallsUseTheirEndpoints() async throws {
        let answer = Result<HTTPResponse, HTTPError>.json(201, #"{"action":\#(HetznerAnswers.action(9))}"#)
        let bench = HetznerBench(Array(repeating: answer, count: 4))
        #expect(try await bench.driver.powerOn(serverID: "5") == ["9"])
        #expect(try await bench.driver.powerOff(serverID: "5") == ["9"])
        #expect(try await bench.driver.shutdown(serverID: "5") == ["9"])
        #expect(try await bench.driver.reboot(serverID: "5") == ["9"])
        #expect(
            bench.transport.lines
                == ["poweron", "poweroff", "shutdown", "reboot"].map { "POST /v1/servers/5/actions/\($0)" })
        #expect(bench.transport.requests.allSatisfy { $0.cancellation == .finish })
    }

    @Test func listingReadsAllPagesWithoutDuplicates() async throws {
        let page = { (ids: [Int64], next: Int?) -> Result<HTTPResponse, HTTPError> in
            let servers = ids.map { HetznerAnswers.server($0, name: "s\($0)") }.joined(separator: ",")
            return .json(200, #"{"servers":[\#(servers)],\#(HetznerAnswers.meta(next: next))}"#)
        }
        let bench = HetznerBench([page([1, 2], 2), page([2, 3], 3), page([4], nil)])
        let servers = try await bench.driver.servers(labels: ["managed-by": "aura", "aura/installation": "a b"])
        #expect(servers.map(\.id) == ["1", "2", "3", "4"])
        let query = "per_page=50&sort=id%3Aasc&label_selector=aura%2Finstallation%3Da%20b%2Cmanaged-by%3Daura"
        #expect(bench.transport.lines == [1, 2, 3].map { "GET /v1/servers?\(query)&page=\($0)" })
    }

    @Test func aPageThatNamesItselfAsNextIsAnError() async throws {
        let bench = HetznerBench([.json(200, #"{"servers":[],\#(HetznerAnswers.meta(next: 1))}"#)])
        let failure = await failure { _ = try await bench.driver.servers(labels: [:]) }
        #expect(failure?.code == "providerAnswer")
        #expect(failure?.errorClass == .transient)
    }

    @Test func keysAreMadeAndFound() async throws {
        let key =
            #"{"id":2323,"name":"k","public_key":"ssh-ed25519 AAAA x","labels":{},"fingerprint":"39:fd"}"#
        let bench = HetznerBench([.json(201, #"{"ssh_key":\#(key)}"#), .json(200, #"{"ssh_keys":[\#(key)]}"#)])
        let made = try await bench.driver.createKey(
            ServerKeySpecification(name: "k", publicKey: "ssh-ed25519 AAAA x", labels: ["a": "b"]))
        let found = try await bench.driver.key(named: "k")
        #expect(made == ServerKey(id: "2323", name: "k", publicKey: "ssh-ed25519 AAAA x", labels: [:]))
        #expect(found == made)
        #expect(bench.transport.lines == ["POST /v1/ssh_keys", "GET /v1/ssh_keys?name=k"])
    }

    @Test func malformedIDsAreNeverSent() async throws {
        let bench = HetznerBench([])
        for body: () async throws -> Void in [
            { _ = try await bench.driver.server(id: "../keys") }, { _ = try await bench.driver.deleteServer(id: "") },
            { _ = try await bench.driver.powerOff(serverID: "-4") },
            { _ = try await bench.driver.actions(ids: ["1", "x"]) },
        ] {
            #expect(await failure(body)?.code == "invalidIdentifier")
        }
        #expect(bench.transport.requests.isEmpty)
    }

    @Test func userDataOverTheLimitIsRefusedUnsent() async throws {
        var specification = HetznerBench.specification
        specification.userData = String(repeating: "ä", count: 16385)
        let bench = HetznerBench([])
        let failure = await failure { _ = try await bench.driver.createServer(specification) }
        #expect(failure?.errorClass == .permanent)
        #expect(bench.transport.requests.isEmpty)
    }

    /// Public price lists of September 2026: the locations in the United States offer CPX11 and CCX, and no CX or newer
    /// CPX.
    @Test func defaultPlacementsUseTypesOfferedInTheirLocation() {
        for (_, candidates) in HetznerSettings.defaultPlacements["us-east"] ?? [:] {
            #expect(candidates.allSatisfy { $0.serverType == "cpx11" || $0.serverType.hasPrefix("ccx") })
        }
        for (_, candidates) in HetznerSettings.defaultPlacements["eu-central"] ?? [:] {
            #expect(!candidates.contains { $0.serverType == "cpx11" })
        }
    }

    @Test func placementsComeFromTheTable() {
        let bench = HetznerBench([])
        let small = bench.driver.placements(region: "eu-central", size: "small")
        #expect(small.first == Placement(location: "nbg1", serverType: "cx23"))
        #expect(Set(small.map(\.location)) == ["nbg1", "fsn1", "hel1"])
        let large = bench.driver.placements(region: "us-east", size: "large")
        #expect(large == [Placement(location: "ash", serverType: "ccx23")])
        #expect(bench.driver.placements(region: "mars", size: "small").isEmpty)
    }
}
