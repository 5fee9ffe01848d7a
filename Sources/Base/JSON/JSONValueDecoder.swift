/// Decodes Swift values from JSON values.
///
/// `JSONValue` and `JSONObject` inside a type are copied unchanged. Every failure is a ``JSONDecodingError`` with path
/// and reason.
public struct JSONValueDecoder: Sendable {
    /// True if a member that the type never requested is an error that names it. False by default.
    public var rejectsUnknownKeys: Bool
    /// The name of the document at the start of every path, such as "params". Empty by default.
    public var rootName: String

    /// Creates a decoder.
    public init(rejectsUnknownKeys: Bool = false, rootName: String = "") {
        self.rejectsUnknownKeys = rejectsUnknownKeys
        self.rootName = rootName
    }

    /// Decodes `type` from `value`.
    public func decode<T: Decodable>(_ type: T.Type, from value: JSONValue) throws(JSONDecodingError) -> T {
        let asked = rejectsUnknownKeys ? AskedKeys() : nil
        let node = DecodingNode(value: value, path: .root(rootName), asked: asked)
        let decoded = try node.decode(type)
        if let unknown = asked?.firstUnknown() {
            throw JSONDecodingError(path: unknown.text, reason: "is not known here")
        }
        return decoded
    }
}

/// The requested members of each object in a document, so that the others can be reported.
final class AskedKeys {
    private struct Visit {
        let path: JSONPath
        let members: JSONObject
        var asked: Set<String>
    }

    private var visits: OrderedDictionary<String, Visit> = [:]

    /// Records that the object at `path` is read, and returns its key for `ask`. A second read of the object adds to
    /// its requested members.
    func visit(_ path: JSONPath, _ members: JSONObject) -> String {
        let name = path.text
        if visits[name] == nil {
            visits[name] = Visit(path: path, members: members, asked: [])
        }
        return name
    }

    func ask(_ key: String, at visit: String) {
        visits[visit]?.asked.insert(key)
    }

    func askAll(at visit: String) {
        guard let members = visits[visit]?.members else { return }
        visits[visit]?.asked.formUnion(members.keys)
    }

    func firstUnknown() -> JSONPath? {
        for visit in visits.values {
            if let key = visit.members.keys.first(where: { !visit.asked.contains($0) }) {
                return .member(key, of: visit.path)
            }
        }
        return nil
    }
}
