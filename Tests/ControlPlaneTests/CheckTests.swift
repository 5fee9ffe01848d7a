import AuraModel
import JSON
import JSONRPC
import Storage
import Testing

@testable import ControlPlane

@Suite("What parameters have to look like")
struct CheckTests {
    @Test("names that are accepted", arguments: ["a", "ada", "ada-2", "a-b-c", String(repeating: "a", count: 40)])
    func acceptsName(_ name: String) throws {
        try Check.name(name)
    }

    @Test(
        "names that are refused, with the path and the reason",
        arguments: [
            "", "2ada", "-ada", "ada-", "Ada", "a_b", "a.b", "ä", "a b", "a\n", String(repeating: "a", count: 41),
        ])
    func refusesName(_ name: String) {
        let error = #expect(throws: RPCError.self) { try Check.name(name) }
        #expect(error?.code == .invalidParams)
        #expect(error?.json["data"]?["path"] == "params.name")
    }

    @Test("an id is told from a name")
    func references() throws {
        let id = "01a1fbc6-5349-7ee0-a04c-b3ba082a389e"
        #expect(try Check.reference(id, tenant: TenantID("t")) == .id(InstanceID(id)))
        #expect(try Check.reference("ada", tenant: TenantID("t")) == .name("ada", tenant: TenantID("t")))
        #expect(throws: RPCError.self) { try Check.reference("no name", tenant: TenantID("t")) }
    }

    @Test("page sizes", arguments: [0, -1, 1001])
    func limits(_ limit: Int) throws {
        #expect(throws: RPCError.self) { try Check.limit(limit) }
        #expect(try Check.limit(nil) == 100)
        #expect(try Check.limit(1000) == 1000)
    }

    @Test("idempotency keys and change ids are bounded and visible")
    func callers() throws {
        try Check.caller(tenant: "acme", key: "evt_1", change: "git:9f86d08")
        #expect(throws: RPCError.self) {
            try Check.caller(tenant: nil, key: String(repeating: "k", count: 256), change: nil)
        }
        #expect(throws: RPCError.self) { try Check.caller(tenant: nil, key: "", change: nil) }
        #expect(throws: RPCError.self) { try Check.caller(tenant: nil, key: nil, change: "two words") }
        #expect(throws: RPCError.self) { try Check.caller(tenant: "No Tenant", key: nil, change: nil) }
    }
}
