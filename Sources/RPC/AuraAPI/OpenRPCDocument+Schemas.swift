public import JSON
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
}
