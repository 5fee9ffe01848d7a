package import JSON

/// A result or an event as the daemon sent it. It is decoded only on request.
///
/// ``json`` keeps the members that `Value` does not have, so that a caller can pass them on unchanged.
package struct Received<Value: Decodable & Sendable>: Sendable, Hashable {
    /// The value with all its members.
    package let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    /// Decodes the value. The path of an error begins with `result`: `result.job.id`.
    package func decoded() throws(JSONDecodingError) -> Value {
        try JSONValueDecoder(rootName: "result").decode(Value.self, from: json)
    }
}
