import AuraAPI
import AuraModel
import EventStream
import JSON
import JSONRPC
import JSONSchema
import Storage
import Testing

@testable import RPCService

@Suite("Validation of parameters by the schema")
struct ParameterSchemaTests {
    private let schemas: SchemaSet

    init() throws {
        schemas = try OpenRPCDocument.schemas(of: OpenRPCDocument.value())
    }

    private func paths(_ parameters: JSONValue, of type: String) -> [String] {
        schemas.violations(in: parameters, of: type, path: "params").map(\.path)
    }

    private func provision(_ changes: JSONObject) -> [String] {
        let usual: JSONObject = ["name": "ada", "region": "eu-central", "size": "small"]
        return paths(.object(usual.merging(changes) { _, new in new }), of: "ProvisionParameters")
    }

    @Test("valid names are accepted", arguments: ["a", "ada", "ada-2", "a-b-c", String(repeating: "a", count: 40)])
    func acceptsName(_ name: String) {
        #expect(provision(["name": .string(name)]) == [])
    }

    @Test(
        "invalid names are refused with their path",
        arguments: [
            "", "2ada", "-ada", "ada-", "Ada", "a_b", "a.b", "ä", "a b", "a\n", String(repeating: "a", count: 41),
        ])
    func refusesName(_ name: String) {
        #expect(provision(["name": .string(name)]) == ["params.name"])
    }

    @Test("idempotency keys, changes and tenants are validated")
    func callers() {
        #expect(provision(["tenant": "acme", "idempotencyKey": "evt_1", "change": "git:9f86d08"]) == [])
        for key in ["", String(repeating: "k", count: 256), "two words", "tab\t"] {
            #expect(provision(["idempotencyKey": .string(key)]) == ["params.idempotencyKey"])
        }
        #expect(provision(["change": "two words"]) == ["params.change"])
        #expect(provision(["tenant": "No Tenant"]) == ["params.tenant"])
    }

    @Test("all violations are reported at once")
    func everyViolation() {
        let wrong: JSONValue = ["name": "2", "size": 3, "tenant": "", "colour": "red"]
        #expect(
            Set(paths(wrong, of: "ProvisionParameters"))
                == ["params.name", "params.region", "params.size", "params.tenant", "params.colour"])
    }

    @Test("the limit of a page is from 1 to 1000", arguments: [0, 1001, -1])
    func limits(_ limit: Int64) {
        #expect(paths(["limit": .integer(limit)], of: "JobListParameters") == ["params.limit"])
        #expect(paths(["limit": 1000], of: "JobListParameters") == [])
    }

    @Test("a subscription starts at now, at start or after a seq")
    func starts() {
        for start in ["now", "start", 0, 41] as [JSONValue] {
            #expect(paths(["from": start], of: "SubscribeParameters") == [])
        }
        for start in ["later", -1, 1.5, true, .null] as [JSONValue] {
            #expect(paths(["from": start], of: "SubscribeParameters") == ["params.from"])
        }
    }

    @Test("a reference is read as an id or as a name")
    func references() {
        let id = "01a1fbc6-5349-7ee0-a04c-b3ba082a389e"
        #expect(InstanceReference(id, tenant: TenantID("t")) == .id(InstanceID(id)))
        #expect(InstanceReference("ada", tenant: TenantID("t")) == .name("ada", tenant: TenantID("t")))
        #expect(paths(["instance": "no name"], of: "StatusGetParameters") == ["params.instance"])
    }
}

/// The schema's enumerations have the same values as the model's.
@Suite("Agreement of the schema with the model")
struct SchemaAgreementTests {
    private func values(of type: String) throws -> [String] {
        let schema = try OpenRPCDocument.value()["components"]?["schemas"]?[type]
        return try #require(schema?["enum"]?.arrayValue).compactMap(\.stringValue)
    }

    @Test func enumerationsOfTheSchemaMatchTheModel() throws {
        #expect(try values(of: "Phase") == Phase.allCases.map(\.rawValue))
        #expect(try values(of: "JobState") == JobState.allCases.map(\.rawValue))
        #expect(try values(of: "JobKind") == JobKind.allCases.map(\.rawValue))
        #expect(try values(of: "EventType") == EventType.allCases.map(\.rawValue))
        #expect(try values(of: "ResourceKind") == ResourceKind.allCases.map(\.rawValue))
        for value in try values(of: "StepState") { #expect(StepState(rawValue: value) != nil) }
        for value in try values(of: "DesiredState") { #expect(DesiredState(rawValue: value) != nil) }
        for value in try values(of: "ErrorClass") { #expect(ErrorClass(rawValue: value) != nil) }
        for value in try values(of: "Cancellation") { #expect(Cancellation(rawValue: value) != nil) }
    }

    @Test func theDocumentHasTheVersionOfTheProgram() throws {
        #expect(try OpenRPCDocument.value()["info"]?["version"]?.stringValue == AuraVersion.text)
    }

    @Test func errorsOfTheSchemaMatchTheErrorCodes() throws {
        let errors = try #require(try OpenRPCDocument.value()["components"]?["errors"]?.objectValue)
        let known = RPCErrorCode.wire + RPCErrorCode.operations
        #expect(Set(errors.keys) == Set(known.map(\.name)))
        for code in known { #expect(errors[code.name]?["code"] == .integer(Int64(code.number))) }
    }
}
