public import JSON
public import JSONSchema

extension OpenRPCDocument {
    /// The document as a value.
    public static func value() throws -> JSONValue {
        try JSONValue(parsing: text, limits: JSONLimits(bytes: text.utf8.count))
    }

    /// The schemas of all types, by their names.
    public static func schemas(of document: JSONValue) throws -> SchemaSet {
        try SchemaSet(document["components"]?["schemas"]?.objectValue ?? [:])
    }
}
