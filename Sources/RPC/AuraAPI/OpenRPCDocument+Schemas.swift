public import JSON
public import JSONRPC
public import JSONSchema

extension OpenRPCDocument {
    /// Returns the document as a JSON value.
    public static func value() throws -> JSONValue {
        try JSONValue(parsing: text, limits: JSONLimits(bytes: text.utf8.count))
    }

    /// Returns the schemas of all types, by name.
    public static func schemas(of document: JSONValue) throws -> SchemaSet {
        try SchemaSet(document["components"]?["schemas"]?.objectValue ?? [:])
    }

    /// Checks that a router has the methods of the document and no others, with the same scopes and `mutates`. Throws
    /// ``MethodMismatch`` if not.
    public static func check(_ router: Router) throws {
        let listed = try value()["methods"]?.arrayValue?.compactMap(properties) ?? []
        let (names, registered) = (Set(listed.map(\.name)), router.methodProperties)
        let mismatch = MethodMismatch(
            unregistered: names.subtracting(router.methodNames).sorted(),
            undocumented: Set(router.methodNames).subtracting(names).sorted(),
            different: listed.filter { method in registered.contains { $0.name == method.name && $0 != method } })
        guard mismatch.isEmpty else { throw mismatch }
    }

    private static func properties(_ method: JSONValue) -> MethodProperties? {
        guard let name = method["name"]?.stringValue else { return nil }
        let scopes = method["x-scopes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return MethodProperties(name: name, scopes: scopes, mutates: method["x-mutates"] == true)
    }
}

/// The difference between the methods of a router and the methods of the OpenRPC document.
public struct MethodMismatch: Error, Sendable, Hashable, CustomStringConvertible {
    /// The methods of the document that the router does not have, sorted.
    public let unregistered: [String]
    /// The methods of the router that the document does not have, sorted.
    public let undocumented: [String]
    /// The methods that the router has with other scopes, or with another `mutates`. The values are
    /// those of the document, in its order.
    public let different: [MethodProperties]

    var isEmpty: Bool { unregistered.isEmpty && undocumented.isEmpty && different.isEmpty }

    /// The names, and how to correct the difference.
    public var description: String {
        let missing = unregistered.isEmpty ? [] : ["register \(unregistered.joined(separator: ", ")) in the router"]
        let further =
            undocumented.isEmpty ? [] : ["describe \(undocumented.joined(separator: ", ")) in rpc-schema/methods"]
        let otherwise = different.map { method in
            "register \(method.name) with scopes \(method.scopes.joined(separator: ", ")) and mutates \(method.mutates)"
        }
        return "cannot serve other methods than the OpenRPC document has: "
            + (missing + further + otherwise).joined(separator: "; ")
    }
}
