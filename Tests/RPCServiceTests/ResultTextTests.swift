import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Testing

/// The text that a result writes of itself is the value that `Codable` gives.
@Suite struct ResultTextTests {
    @Test func everyExampleOfTheSchemaIsWrittenAsItIs() throws {
        var count = 0
        func check<P, R: Codable & JSONWritable>(_ method: RPCMethod<P, R>) throws {
            for example in try Self.examples(of: method.name) {
                let result = try JSONValueDecoder().decode(R.self, from: example)
                #expect(try Self.written(result) == JSONValueEncoder().encode(result))
                #expect(try Self.written(result) == example)
                count += 1
            }
        }
        try check(Methods.provision)
        try check(Methods.statusGet)
        try check(Methods.statusList)
        try check(Methods.statusSubscribe)
        try check(Methods.statusUnsubscribe)
        try check(Methods.jobGet)
        try check(Methods.jobList)
        try check(Methods.jobExplain)
        try check(Methods.reconcileRun)
        try check(Methods.systemHealth)
        try check(Methods.systemInfo)
        try check(Methods.systemLimits)
        #expect(count >= 12)
    }

    @Test func absentMembersAreLeftOutAndTextIsEscaped() throws {
        var entry = EventDraft(
            at: Timestamp(milliseconds: 1_795_176_000_123), type: EventType(rawValue: "a \"new\" type"),
            tenant: Tenant.default, message: "line\nwith \"quotes\", é and \u{1}")
        let bare = EventView(Event(seq: 1, entry: entry))
        #expect(try Self.written(bare) == JSONValueEncoder().encode(bare))
        entry.instance = InstanceID("i")
        entry.job = JobID("j")
        entry.change = ChangeID("c\\")
        entry.principal = PrincipalID("uid:0")
        entry.phase = .running
        entry.step = "server.create"
        entry.progress = 0.25
        entry.data = ["a": [1, 2.5, nil, ["b": true]]]
        let full = EventView(Event(seq: .max, entry: entry))
        #expect(try Self.written(full) == JSONValueEncoder().encode(full))
    }

    private static func written(_ value: some JSONWritable) throws -> JSONValue {
        var text = JSONText()
        value.write(to: &text)
        return try JSONValue(parsing: text.bytes)
    }

    private static func examples(of method: String) throws -> [JSONValue] {
        let methods = try OpenRPCDocument.value()["methods"]?.arrayValue ?? []
        let described = try #require(methods.first { $0["name"]?.stringValue == method })
        return (described["examples"]?.arrayValue ?? []).compactMap { $0["result"]?["value"] }
    }
}
