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

    /// Checks that a router has the methods of the document and no others. Throws ``MethodMismatch`` if it does not.
    public static func check(_ router: Router) throws {
        let listed = try value()["methods"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        let mismatch = MethodMismatch(
            unregistered: Set(listed).subtracting(router.methodNames).sorted(),
            undocumented: Set(router.methodNames).subtracting(listed).sorted())
        guard mismatch.unregistered.isEmpty, mismatch.undocumented.isEmpty else { throw mismatch }
    }
}

/// The difference between the methods of a router and the methods of the OpenRPC document.
public struct MethodMismatch: Error, Sendable, Hashable, CustomStringConvertible {
    /// The methods of the document that the router does not have, sorted.
    public let unregistered: [String]
    /// The methods of the router that the document does not have, sorted.
    public let undocumented: [String]

    /// The names, and how to correct the difference.
    public var description: String {
        let missing = unregistered.isEmpty ? [] : ["register \(unregistered.joined(separator: ", ")) in the router"]
        let further =
            undocumented.isEmpty ? [] : ["describe \(undocumented.joined(separator: ", ")) in rpc-schema/methods"]
        return "cannot serve other methods than the OpenRPC document has: "
            + (missing + further).joined(separator: "; ")
    }
}
