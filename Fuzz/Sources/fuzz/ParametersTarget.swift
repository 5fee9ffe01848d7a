import AuraAPI
import JSON
import JSONSchema

@testable import JSONRPC

/// Fuzzes the parameters of any method with any JSON: values that the schema accepts must be decoded, all others get
/// -32602.
enum ParametersTarget {
    static func run(_ bytes: [UInt8]) {
        guard let choice = bytes.last, let value = try? JSONValue(parsing: bytes.dropLast()) else { return }
        methods[Int(choice) % methods.count](value)
    }

    private static let schemas: SchemaSet = {
        do {
            return try OpenRPCDocument.schemas(of: OpenRPCDocument.value())
        } catch {
            fatalError("the document's schemas: \(error)")
        }
    }()

    /// In order of their names. New methods are appended, so that inputs of the corpus keep their methods.
    private static let methods: [@Sendable (JSONValue) -> Void] = [
        check(Methods.destroy), check(Methods.jobCancel), check(Methods.jobExplain), check(Methods.jobGet),
        check(Methods.jobList), check(Methods.jobRetry), check(Methods.jobWait), check(Methods.provision),
        check(Methods.reconcileRun), check(Methods.restart), check(Methods.resume), check(Methods.rpcDiscover),
        check(Methods.statusGet), check(Methods.statusList), check(Methods.statusSubscribe),
        check(Methods.statusUnsubscribe), check(Methods.suspend), check(Methods.systemHealth),
        check(Methods.systemInfo), check(Methods.systemLimits), check(Methods.systemPing),
        check(Methods.accessList), check(Methods.accessWhoami), check(Methods.principalCreate),
        check(Methods.principalList), check(Methods.principalSet), check(Methods.sessionAuthenticate),
        check(Methods.tenantCreate), check(Methods.tenantList), check(Methods.tenantSet), check(Methods.tokenCreate),
        check(Methods.tokenExplain), check(Methods.tokenList), check(Methods.tokenRevoke),
        check(Methods.secretDelete), check(Methods.secretList), check(Methods.secretReveal),
        check(Methods.secretSet), check(Methods.auditCheckpoint), check(Methods.auditExport),
        check(Methods.auditList), check(Methods.auditVerify), check(Methods.accessDeny), check(Methods.auditErase),
        check(Methods.vaultDelete), check(Methods.vaultAdopt), check(Methods.vaultSet), check(Methods.vaultStatus),
    ]

    private static func check<P: Codable & Sendable, R: Codable & Sendable>(
        _ method: RPCMethod<P, R>
    ) -> @Sendable (JSONValue) -> Void {
        let reader = ParamsReader<P>(schemas, method.parameters)
        return { value in
            checkReading(value, reader, method)
            checkResult(value, R.self)
        }
    }

    private static func checkReading<P: Codable & Sendable, R>(
        _ value: JSONValue, _ reader: ParamsReader<P>, _ method: RPCMethod<P, R>
    ) {
        do throws(RPCError) {
            let read = try reader.read(value)
            checkRead(value, read, method)
        } catch {
            require(error.code == .invalidParams, "\(method.name) answers \(error) to \(value)")
            guard case .object = value else { return }
            require(!violations(in: value, method).isEmpty, "\(method.name) fits its schema, and is refused: \(error)")
        }
    }

    private static func withoutNulls(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members): .object(members.filter { $0.value != .null }.mapValues(withoutNulls))
        case .array(let values): .array(values.map(withoutNulls))
        case .null, .bool, .integer, .double, .string: value
        }
    }

    /// Checks that the accepted value matches the schema, and that the decoded value matches it when encoded again.
    private static func checkRead<P: Codable & Sendable, R>(
        _ value: JSONValue, _ read: P, _ method: RPCMethod<P, R>
    ) {
        if case .object = value {
            // A member that is null counts as absent if the schema refuses null.
            let found = violations(in: value, method).isEmpty ? [] : violations(in: withoutNulls(value), method)
            require(found.isEmpty, "\(method.name) takes what its schema does not: \(found)")
            checkTexts(value, method.name)
        }
        let written = written(read)
        let found = violations(in: written, method)
        require(found.isEmpty, "\(method.name) writes \(written) for \(value), which breaks its schema: \(found)")
    }

    /// Checks that member names are ASCII, and that texts with a pattern are visible ASCII, as every pattern requires.
    private static func checkTexts(_ value: JSONValue, _ method: String) {
        guard case .object(let members) = value else { return }
        for (name, value) in members {
            require(name.utf8.allSatisfy { $0 < 0x80 }, "\(method) takes the unknown member \(shown(Array(name.utf8)))")
            if let text = value.stringValue, patterned.contains(name) {
                require(
                    text.utf8.allSatisfy { (0x21...0x7E).contains($0) },
                    "\(method) takes \(name) \(shown(Array(text.utf8)))")
            }
            checkTexts(value, method)
        }
    }

    private static let patterned: Set = ["name", "instance", "tenant", "change", "idempotencyKey", "subscription"]

    /// Checks that decoding a result never crashes, and that a decoded result survives encoding and decoding.
    private static func checkResult<R: Codable & Sendable>(_ value: JSONValue, _ type: R.Type) {
        guard let read = try? JSONValueDecoder().decode(type, from: value) else { return }
        let once = written(read)
        do {
            let again = try JSONValueDecoder().decode(type, from: once)
            require(written(again) == once, "\(type) changes from \(once) to \(written(again))")
        } catch {
            require(false, "\(type) cannot read what it writes, \(once): \(error)")
        }
    }

    private static func violations<P, R>(in value: JSONValue, _ method: RPCMethod<P, R>) -> [SchemaViolation] {
        guard !Sabotage.isOn("parameters") else { return [] }
        return schemas.violations(in: value, of: method.parameters ?? "", path: "params")
    }

    private static func written(_ value: some Encodable) -> JSONValue {
        do {
            return try JSONValueEncoder().encode(value)
        } catch {
            require(false, "cannot write \(value): \(error)")
            return .null
        }
    }
}
