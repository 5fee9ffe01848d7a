import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import JSON
import Locking
import Logging
import TailscaleDriver
import Testing

/// A driver on a scripted tailnet that issues access tokens by itself.
struct TailnetBench {
    let transport: ScriptedTransport
    let driver: TailscaleNetwork

    /// `answer` gets every request except those for tokens. Tokens are t1, t2, … and are valid for an hour.
    init(
        time: any TimeSource = EagerTime(), _ change: (inout TailscaleSettings) -> Void = { _ in },
        _ answer: @escaping ScriptedTransport.Answer
    ) {
        let tokens = Locked(0)
        let others = Locked(0)
        self.init(
            ScriptedTransport { (request, _) throws(HTTPError) in
                guard request.url.hasSuffix("/oauth/token") else {
                    return try await answer(
                        request,
                        others.withLock {
                            $0 += 1
                            return $0
                        })
                }
                let number = tokens.withLock {
                    $0 += 1
                    return $0
                }
                return .json(
                    200, #"{"access_token":"t\#(number)","token_type":"Bearer","expires_in":3600,"scope":"auth_keys"}"#)
            }, time: time, change)
    }

    init(
        _ transport: ScriptedTransport, time: any TimeSource = EagerTime(),
        _ change: (inout TailscaleSettings) -> Void = { _ in }
    ) {
        var settings = TailscaleSettings(
            clientID: "kClient", clientSecret: ProviderCredential(Secret("tskey-client-a+b/c=d")),
            tags: ["tag:aura-vm"],
            endpoint: "http://api.test/v2")
        change(&settings)
        self.transport = transport
        driver = TailscaleNetwork(
            settings: settings, http: transport, time: time, random: EvenRandom(), log: Logger(label: "test"))
    }

    /// The number of token requests.
    var tokens: Int { transport.lines.count { $0 == "POST /v2/oauth/token" } }
    /// The requests other than those for tokens.
    var others: [String] { transport.lines.filter { $0 != "POST /v2/oauth/token" } }

    static let device = #"""
        {"id":"92960230385","nodeId":"nAbC3CNTRL","name":"aura-ada-g1.tail1234.ts.net.","hostname":"aura-ada-g1",
         "addresses":["100.101.102.103","fd7a:115c:a1e0::1"],"user":"tagged-devices","tags":["tag:aura-vm"],"created":"2026-11-20T12:02:00Z",
         "lastSeen":null,"connectedToControl":true,"authorized":true,"isExternal":false,"machineKey":"mkey:00"}
        """#
}

/// The requests to Tailscale, and the parsing of its replies.
@Suite struct TailscaleNetworkTests {
    private static let key = #"""
        {"id":"kKey2CNTRL","keyType":"auth","key":"tskey-auth-secret","created":"2026-11-20T12:00:00Z","expirySeconds":600}
        """#

    @Test func aKeyIsSingleUsePreauthorisedAndTagged() async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(200, Self.key) }
        let key = try await bench.driver.mintKey(
            EnrolmentKeySpecification(description: "aura ada/ö@x", lifetime: .seconds(600)))
        #expect(key.id == "kKey2CNTRL")
        #expect(key.secret.reveal() == "tskey-auth-secret")
        #expect(key.created == Timestamp("2026-11-20T12:00:00Z"))
        #expect(bench.transport.lines == ["POST /v2/oauth/token", "POST /v2/tailnet/-/keys"])
        let request = try #require(bench.transport.requests.last)
        #expect(request.headers["Authorization"] == "Bearer t1")
        #expect(request.cancellation == .finish)
        let expected = try JSONValue(
            parsing: #"""
                {"capabilities":{"devices":{"create":{"reusable":false,"ephemeral":false,"preauthorized":true,
                "tags":["tag:aura-vm"]}}},"expirySeconds":600,"description":"aura ada---x"}
                """#)
        #expect(try JSONValue(parsing: request.body ?? []) == expected)
    }

    @Test func theCredentialsGoIntoTheBodyOfTheTokenCall() async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(200, Self.key) }
        _ = try await bench.driver.mintKey(EnrolmentKeySpecification(description: "x", lifetime: .seconds(1)))
        let request = try #require(bench.transport.requests.first)
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
        #expect(request.headers["Authorization"] == nil)
        #expect(
            String(decoding: request.body ?? [], as: UTF8.self)
                == "grant_type=client_credentials&client_id=kClient&client_secret=tskey-client-a%2Bb%2Fc%3Dd")
    }

    @Test func nodesMayBeEphemeralAndLifetimesKeepTheirBounds() async throws {
        let bench = TailnetBench(time: EagerTime(), { $0.ephemeralNodes = true }) { (_, _) throws(HTTPError) in
            .json(200, Self.key)
        }
        let long = String(repeating: "n", count: 80)
        for lifetime in [Duration.zero, .seconds(1 << 40)] {
            _ = try await bench.driver.mintKey(EnrolmentKeySpecification(description: long, lifetime: lifetime))
        }
        let bodies = try bench.transport.requests.filter { $0.url.hasSuffix("/keys") }
            .map { try JSONValue(parsing: $0.body ?? []) }
        #expect(bodies.map { $0["expirySeconds"] } == [1, 7_776_000])
        #expect(bodies.allSatisfy { $0["capabilities"]?["devices"]?["create"]?["ephemeral"] == true })
        #expect(bodies.allSatisfy { $0["description"]?.stringValue?.count == 50 })
    }

    @Test func aDeviceIsReadByItsNodeId() async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(200, TailnetBench.device) }
        let device = try await bench.driver.device(nodeID: "nAbC3CNTRL")
        #expect(
            device
                == NetworkDevice(
                    nodeID: "nAbC3CNTRL", hostname: "aura-ada-g1", name: "aura-ada-g1.tail1234.ts.net",
                    addresses: ["100.101.102.103", "fd7a:115c:a1e0::1"], tags: ["tag:aura-vm"], isAuthorized: true,
                    created: Timestamp("2026-11-20T12:02:00Z")))
        #expect(bench.others == ["GET /v2/device/nAbC3CNTRL"])
    }

    /// With device approval or tailnet lock, a device joins but gets no peers. The message names the remedy.
    @Test(arguments: [
        (#""authorized":false"#, "deviceNotAuthorized", "approve the device in the admin console"),
        (
            #""authorized":true,"tailnetLockError":"missing node key signature","nodeKey":"nodekey:0aF""#,
            "deviceLockedOut",
            "(missing node key signature): sign the node on a signing device, with tailscale lock sign nodekey:0aF"
        ),
        (#""tailnetLockError":"odd","nodeKey":"nodekey:$(x)""#, "deviceLockedOut", "tailscale lock sign NODEKEY"),
        (#""authorized":true,"tailnetLockError":"""#, nil, ""), (#""authorized":null"#, nil, ""), (#""x":1"#, nil, ""),
    ])
    func aBlockedDeviceStatesItsObstacleAndRemedy(members: String, code: String?, words: String) async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(200, #"{"nodeId":"n1",\#(members)}"#) }
        let obstacle = try await bench.driver.device(nodeID: "n1")?.obstacle
        #expect(obstacle?.code == code)
        let said = obstacle?.message ?? ""
        #expect(words.isEmpty ? said.isEmpty : said.contains(words), "\(said)")
    }

    /// `NAME-1` is the same name after a conflict. Any other suffix makes it another name.
    @Test func devicesAreMatchedByHostnameWithOrWithoutAConflictSuffix() async throws {
        let strangers = ["aura-ada-g1-", "aura-ada-g1-x", "aura-ada-g11", "aura-ada-g1-1-2"].map {
            #"{"nodeId":"n9","hostname":"\#($0)"}"#
        }
        let other = #"{"nodeId":"n2","name":"aura-ada-g1-1.t.net","hostname":"aura-ada-g1-1"}"#
        let bare = #"{"id":"77","hostname":"aura-ada-g1"}"#
        let bench = TailnetBench { (_, _) throws(HTTPError) in
            .json(200, #"{"devices":[\#((strangers + [other, TailnetBench.device, bare]).joined(separator: ","))]}"#)
        }
        let devices = try await bench.driver.devices(hostname: "aura-ada-g1")
        #expect(devices.map(\.nodeID) == ["n2", "nAbC3CNTRL", "77"])
        #expect(devices.map(\.isAuthorized) == [false, true, false])
        #expect(bench.others == ["GET /v2/tailnet/-/devices"])
    }

    @Test(arguments: ["{}", "null", "7", #"{"nodeId":""}"#, #"{"nodeId":7,"id":null,"hostname":"aura-ada-g1"}"#])
    func aBadEntryOfTheDeviceListIsSkipped(entry: String) async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in
            .json(200, #"{"devices":[\#(entry),\#(TailnetBench.device)]}"#)
        }
        #expect(try await bench.driver.devices().map(\.nodeID) == ["nAbC3CNTRL"])
        #expect(try await bench.driver.devices(hostname: "aura-ada-g1").map(\.nodeID) == ["nAbC3CNTRL"])
    }

    @Test func oddValuesOfUnreadMembersAreIgnored() async throws {
        let odd = #""big":123456789012345678901234567890,"half":"\ud83d","nul":"a\u0000b""#
        let device = TailnetBench.device.replacing(#""machineKey":"mkey:00""#, with: odd)
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(200, #"{"devices":[\#(device)]}"#) }
        #expect(try await bench.driver.devices().map(\.nodeID) == ["nAbC3CNTRL"])
    }

    @Test func aMissingDeviceOrKeyIsNoError() async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in .json(404, #"{"message":"not found"}"#) }
        try await bench.driver.deleteDevice(nodeID: "n1")
        try await bench.driver.revokeKey(id: "k1")
        #expect(try await bench.driver.device(nodeID: "n1") == nil)
        #expect(bench.others == ["DELETE /v2/device/n1", "DELETE /v2/tailnet/-/keys/k1", "GET /v2/device/n1"])
    }

    @Test func deletionAcceptsAnEmptyReply() async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in HTTPResponse(status: 200) }
        try await bench.driver.deleteDevice(nodeID: "n1")
        try await bench.driver.revokeKey(id: "k1")
        #expect(bench.others.count == 2)
    }

    @Test(arguments: ["", "../keys", "a/b", "n?x", "a b"])
    func malformedIDsAreNeverSent(id: String) async throws {
        let bench = TailnetBench { (_, _) throws(HTTPError) in HTTPResponse(status: 200) }
        #expect(await failure { try await bench.driver.deleteDevice(nodeID: id) }?.code == "invalidIdentifier")
        #expect(await failure { try await bench.driver.revokeKey(id: id) }?.code == "invalidIdentifier")
        #expect(await failure { _ = try await bench.driver.device(nodeID: id) }?.code == "invalidIdentifier")
        #expect(bench.transport.requests.isEmpty)
    }
}
