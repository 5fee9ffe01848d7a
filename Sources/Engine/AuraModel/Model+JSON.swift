public import JSON

extension Cancellation: JSONReadable, JSONWritable {}
extension Concern: JSONReadable, JSONWritable {}
extension DesiredState: JSONReadable, JSONWritable {}
extension ErrorClass: JSONReadable, JSONWritable {}
extension EventType: JSONReadable, JSONWritable {}
extension InstanceKind: JSONReadable, JSONWritable {}
extension JobKind: JSONReadable, JSONWritable {}
extension JobState: JSONReadable, JSONWritable {}
extension Phase: JSONReadable, JSONWritable {}
extension ResourceKind: JSONReadable, JSONWritable {}
extension SecretClass: JSONReadable, JSONWritable {}
extension StepState: JSONReadable, JSONWritable {}

extension Identifier: JSONReadable, JSONWritable {
    /// Reads a string.
    public init(json: JSONValue) throws(JSONDecodingError) {
        self.init(try String(json: json))
    }

    /// Appends the text as a string.
    // Inlinable, since a call of a generic method from another module looks up the metadata of its type.
    @inlinable
    public func write(to json: inout JSONText) { json.append(text) }
}

extension Timestamp: JSONReadable, JSONWritable {
    /// Reads RFC 3339 text.
    public init(json: JSONValue) throws(JSONDecodingError) {
        guard let moment = json.stringValue.flatMap({ Timestamp($0) }) else {
            throw JSONDecodingError(expected: "a time as RFC 3339 text", found: json)
        }
        self = moment
    }

    /// Appends RFC 3339 text.
    public func write(to json: inout JSONText) {
        json.plainString { put(into: &$0) }
    }
}

extension ServerFacts: JSONReadable, JSONWritable {
    /// Reads an object. Other members are ignored.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json)
        self.init(
            id: try members.required("id"), name: try members.required("name"),
            address: try members.required("address"), location: try members.required("location"),
            type: try members.required("type"))
    }

    /// Appends an object.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("id", id)
            json.member("name", name)
            json.member("address", address)
            json.member("location", location)
            json.member("type", type)
        }
    }
}

extension TailnetFacts: JSONReadable, JSONWritable {
    /// Reads an object. Other members are ignored.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json)
        self.init(
            nodeId: try members.required("nodeId"), name: try members.required("name"),
            addresses: try members.required("addresses"))
    }

    /// Appends an object.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("nodeId", nodeId)
            json.member("name", name)
            json.member("addresses", addresses)
        }
    }
}

extension Failure: JSONReadable, JSONWritable {
    /// Reads an object. Other members are ignored.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json)
        self.init(
            try members.required("errorClass"), code: try members.required("code"),
            message: try members.required("message"), correlationID: try members.optional("correlationID"),
            retryAfterMilliseconds: try members.optional("retryAfterMilliseconds"),
            concern: try members.optional("concern"))
    }

    /// Appends an object with the names that `Codable` uses.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("errorClass", errorClass)
            json.member("code", code)
            json.member("message", message)
            json.member("correlationID", correlationID)
            json.member("retryAfterMilliseconds", retryAfterMilliseconds)
            json.member("concern", concern)
        }
    }
}
