import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import HetznerDriver
import Logging

/// Replies in Hetzner's format: the members that the driver reads, and a few that it ignores.
enum HetznerAnswers {
    static func server(
        _ id: Int64 = 42_000_001, name: String = "aura-ada-g1", status: String = "initializing",
        ipv4: String? = "203.0.113.10"
    ) -> String {
        let address = ipv4.map { #"{"id":50000001,"ip":"\#($0)","blocked":false,"dns_ptr":"static"}"# } ?? "null"
        return """
            {"id":\(id),"name":"\(name)","status":"\(status)","created":"2026-11-20T12:00:00Z",\
            "public_net":{"ipv4":\(address),"ipv6":{"id":50000002,"ip":"2001:db8:1:2::/64","blocked":false,"dns_ptr":[]},\
            "floating_ips":[],"firewalls":[]},"server_type":{"id":114,"name":"cx23","memory":4.0,"deprecated":false},\
            "location":{"id":2,"name":"nbg1","latitude":49.452102,"network_zone":"eu-central"},\
            "image":null,"locked":false,\
            "labels":{"managed-by":"aura"},"primary_disk_size":40,"placement_group":null,"a_new_field":[1]}
            """
    }

    static func action(
        _ id: Int64, _ status: String = "running", command: String = "create_server", error: String = "null"
    ) -> String {
        """
        {"id":\(id),"command":"\(command)","status":"\(status)","progress":0,"started":"2026-11-20T12:00:00+00:00",\
        "finished":null,"resources":[{"id":42000001,"type":"server"}],"error":\(error)}
        """
    }

    static func error(_ code: String, _ message: String, details: String = "null") -> String {
        #"{"error":{"code":"\#(code)","message":"\#(message)","details":\#(details)}}"#
    }

    static func meta(next: Int?) -> String {
        let next = next.map(String.init) ?? "null"
        return """
            "meta":{"pagination":{"page":1,"per_page":50,"previous_page":null,"next_page":\(next),\
            "last_page":null,"total_entries":null}}
            """
    }
}

/// A driver on a scripted transport.
struct HetznerBench {
    let transport: ScriptedTransport
    let driver: HetznerCompute

    init(
        _ transport: ScriptedTransport, time: any TimeSource = EagerTime(), shared: (any SharedBudget)? = nil,
        _ change: (inout HetznerSettings) -> Void = { _ in }
    ) {
        var settings = HetznerSettings(endpoint: "http://api.test/v1", token: ProviderCredential(Secret("t0ken")))
        change(&settings)
        self.transport = transport
        driver = HetznerCompute(
            settings: settings, http: transport, shared: shared, time: time, random: EvenRandom(),
            log: Logger(label: "test"))
    }

    init(_ answers: [Result<HTTPResponse, HTTPError>], time: any TimeSource = EagerTime()) {
        self.init(ScriptedTransport(answers), time: time)
    }

    static let specification = ServerSpecification(
        name: "aura-ada-g1", placement: Placement(location: "nbg1", serverType: "cx23"), image: "debian-12",
        keyIDs: ["2323"], firewallID: "38", labels: ["managed-by": "aura", "aura/instance": "0199"],
        userData: "#cloud-config\n")
}

/// Returns the `Failure` that `body` throws, or `nil` if `body` throws no `Failure`.
func failure(_ body: () async throws -> Void) async -> Failure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? Failure
    }
}
