// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSON

extension AddParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["note", "for", "idempotencyKey", "follow"])
        self.init(
            note: try members.required("note"),
            for: try members.optional("for"),
            idempotencyKey: try members.optional("idempotencyKey"),
            follow: try members.optional("follow")
        )
    }
}

extension Filter: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["colours", "before"])
        self.init(
            colours: try members.optional("colours"),
            before: try members.optional("before")
        )
    }
}

extension Follow: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["last"])
        self.init(
            last: try members.optional("last")
        )
    }
}

extension ListParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["order", "filter", "max"])
        self.init(
            order: try members.optional("order"),
            filter: try members.optional("filter"),
            max: try members.optional("max")
        )
    }
}

extension Order: JSONReadable {}
