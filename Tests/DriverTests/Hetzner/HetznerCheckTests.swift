import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import HetznerDriver
import Locking
import Testing

/// The findings of the provider's check, before a machine is paid for.
@Suite struct HetznerCheckTests {
    private static func location(_ name: String, until end: String? = nil) -> String {
        let deprecation = end.map { #"{"announced":"2025-01-01T00:00:00Z","unavailable_after":"\#($0)"}"# } ?? "null"
        return #"{"id":1,"name":"\#(name)","deprecation":\#(deprecation),"available":false,"recommended":false}"#
    }

    private static func type(_ name: String, _ locations: [String], architecture: String = "x86") -> String {
        #"{"id":1,"name":"\#(name)","architecture":"\#(architecture)","locations":[\#(locations.joined(separator: ","))]}"#
    }

    private static let types = [
        // Names with control characters are never suggested. Without that rule, the names with `\u001b` would be the
        // nearest ones.
        type("cx23", [location("nbg1"), location("fsn1"), location(#"ngb\u001b"#)]),
        type(#"cx3\u001b"#, [location("nbg1")]),
        type("cpx11", [location("nbg1", until: "1970-01-01T00:00:00Z"), location("ash")]),
        type("cpx22", [location("nbg1", until: "2999-05-01T00:00:00Z")]),
        type("cax11", [location("nbg1")], architecture: "arm"),
    ]

    /// Returns two pages of types, one x86 image, and the firewalls in `firewalls`.
    private static func answer(
        _ request: HTTPRequest, image: String = #"{"id":9,"name":"debian-12","architecture":"x86","deprecated":null}"#,
        firewalls: String = ""
    ) -> Result<HTTPResponse, HTTPError> {
        let path = request.url.dropFirst("http://api.test/v1".count)
        if path.hasPrefix("/server_types"), path.hasSuffix("page=1") {
            return .json(200, #"{"server_types":[\#(types[0])],\#(HetznerAnswers.meta(next: 2))}"#)
        }
        if path.hasPrefix("/server_types") {
            let rest = types.dropFirst().joined(separator: ",")
            return .json(200, #"{"server_types":[\#(rest)],\#(HetznerAnswers.meta(next: nil))}"#)
        }
        if path.hasPrefix("/images?type=system") {
            return .json(200, #"{"images":[{"id":9,"name":"debian-12"},{"id":8,"name":"ubuntu-24.04"}]}"#)
        }
        if path.hasPrefix("/images") { return .json(200, #"{"images":[\#(image)]}"#) }
        return .json(200, #"{"firewalls":[\#(firewalls)]}"#)
    }

    private func bench(
        _ candidates: [Placement], _ answer: @escaping @Sendable (HTTPRequest) -> Result<HTTPResponse, HTTPError>
    ) -> HetznerBench {
        HetznerBench(ScriptedTransport { (request, _) throws(HTTPError) in try answer(request).get() }) {
            $0.placements = ["eu": ["small": candidates]]
        }
    }

    private func findings(_ bench: HetznerBench, image: String = "debian-12") async throws -> [String] {
        try await bench.driver.check(image: image) { $0["managed-by"] == "aura" }.map(\.description)
    }

    @Test(arguments: [
        ("cx23", "nbg1", [String]()),
        (
            "cx32", "nbg1",
            ["error: hetzner.placements: eu/small=cx32@nbg1: there is no server type cx32; the nearest in nbg1 is cx23"]
        ),
        (
            "cx23", "ngb1",
            ["error: hetzner.placements: eu/small=cx23@ngb1: there is no location ngb1; the nearest is nbg1"]
        ),
        (
            "cx23", "ash",
            ["error: hetzner.placements: eu/small=cx23@ash: cx23 is not offered in ash; the nearest there is cpx11"]
        ),
        (
            "cpx11", "nbg1",
            [
                "error: hetzner.placements: eu/small=cpx11@nbg1: cpx11 cannot be ordered in nbg1 since 1970-01-01; the nearest there is cax11"
            ]
        ),
        (
            "cpx22", "nbg1",
            [
                "warning: hetzner.placements: eu/small=cpx22@nbg1: cpx22 can be ordered in nbg1 until 2999-05-01 only"
            ]
        ),
    ])
    func anUnavailableCandidateIsReportedWithTheNearestOne(type: String, location: String, expected: [String])
        async throws
    {
        let bench = bench([Placement(location: location, serverType: type)]) { Self.answer($0) }
        #expect(try await findings(bench) == expected)
        let isOffered = bench.driver.objection(to: Placement(location: location, serverType: type)) == nil
        #expect(isOffered == !expected.contains { $0.hasPrefix("error") })
    }

    /// If one candidate of a size is available, the others cause warnings only.
    @Test func aSizeWithAnAvailableCandidateCausesOnlyWarnings() async throws {
        let placements = [("cx99", "nbg1"), ("cx23", "fsn1")].map { Placement(location: $0.1, serverType: $0.0) }
        let found = try await findings(bench(placements) { Self.answer($0) })
        #expect(found.count == 1 && found[0].hasPrefix("warning: hetzner.placements: eu/small=cx99@nbg1"))
    }

    @Test func noCandidateIsRejectedBeforeTheCatalogueIsRead() {
        #expect(HetznerBench([]).driver.objection(to: Placement(location: "x", serverType: "y")) == nil)
    }

    @Test(arguments: [
        ("debian-21", "", ["error: hetzner.image: there is no image debian-21; the nearest is debian-12"]),
        (
            "debian-12", #"{"id":9,"name":"debian-12","architecture":"arm"}"#,
            [
                "error: hetzner.image: there is no image debian-12 for the architecture x86, which hetzner.placements asks for"
            ]
        ),
        (
            "debian-12", #"{"id":9,"name":"debian-12","architecture":"x86","deprecated":"2026-02-28T00:00:00Z"}"#,
            ["warning: hetzner.image: debian-12 is deprecated since 2026-02-28; choose a newer one"]
        ),
    ])
    func theImageMustExistForEveryArchitecture(image: String, listed: String, expected: [String]) async throws {
        let bench = bench([Placement(location: "nbg1", serverType: "cx23")]) { Self.answer($0, image: listed) }
        #expect(try await findings(bench, image: image) == expected)
    }

    @Test(arguments: [(#"{}"#, 1), (#"{"managed-by":"aura"}"#, 0)])
    func aForeignFirewallWithOtherRulesIsFound(labels: String, count: Int) async throws {
        let firewall = #"{"id":38,"name":"aura-agents","labels":\#(labels),"rules":[]}"#
        let bench = bench([Placement(location: "nbg1", serverType: "cx23")]) { Self.answer($0, firewalls: firewall) }
        let found = try await findings(bench)
        #expect(found.count == count)
        #expect(found.allSatisfy { $0.hasPrefix("error: hetzner.firewallName: a firewall aura-agents exists") })
        #expect(bench.transport.requests.allSatisfy { $0.method == .get })
    }

    @Test func aRefusedTokenIsAFindingAndAnOutageIsNot() async throws {
        let refused = HetznerBench([.json(401, HetznerAnswers.error("unauthorized", "unable to authenticate"))])
        #expect(try await findings(refused).first?.hasPrefix("error: hetzner.token: cannot list server types") == true)
        let away = HetznerBench([.json(500, HetznerAnswers.error("server_error", "no"))])
        #expect(await failure { _ = try await findings(away) }?.errorClass == .transient)
    }

    /// The driver reports each retry of its own with its number.
    @Test func eachRetryInsideTheDriverIsReported() async throws {
        let busy = Result<HTTPResponse, HTTPError>.json(504, HetznerAnswers.error("timeout", "later"))
        let bench = HetznerBench([busy, busy, .json(200, #"{"servers":[]}"#)])
        let told = Locked<[String]>([])
        let found = try await LeaseGuard.permitted(
            { () throws(Failure) in }, onRetry: { sentence in told.withLock { $0.append(sentence) } }
        ) { try await bench.driver.server(named: "x") }
        #expect(found == nil)
        #expect(
            told.withLock { $0.map { String($0.prefix { $0 != ";" }) } } == [
                "try 1 of 4: cannot find server x: later", "try 2 of 4: cannot find server x: later",
            ])
    }
}
