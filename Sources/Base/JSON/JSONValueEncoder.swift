/// Encodes Swift values as JSON values.
///
/// A member that is `nil` is omitted. `JSONValue` and `JSONObject` inside a type are copied unchanged.
public struct JSONValueEncoder: Sendable {
    /// Creates an encoder.
    public init() {}

    /// Encodes `value`.
    ///
    /// Throws `EncodingError` if a number has no JSON form (NaN, the infinities, integers out of the range of `Int64`).
    public func encode<T: Encodable>(_ value: T) throws -> JSONValue {
        try EncodingNode.encode(value, at: .root(""))
    }
}

/// The destination of one value: the `Encoder` that types receive.
///
/// It is a class, because Codable creates containers that outlive the call that made them. Only such containers need a
/// node of their own. All other values are stored directly in the members or elements.
final class EncodingNode: Encoder {
    enum Content {
        case nothing
        case value(JSONValue)
        case members(JSONObject)
        case elements([JSONValue])
    }

    private enum Slot: Hashable {
        case member(String)
        case element(Int)
    }

    let path: JSONPath
    private var content = Content.nothing
    /// Nodes whose values are not known yet. `content` has a null in their position.
    private var children: [Slot: EncodingNode] = [:]

    init(path: JSONPath) {
        self.path = path
    }

    var codingPath: [any CodingKey] { path.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .members = content {} else { content = .members([:]) }
        return KeyedEncodingContainer(KeyedEncoding<Key>(node: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .elements = content {} else { content = .elements([]) }
        return UnkeyedEncoding(node: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleEncoding(node: self)
    }

    static func encode<T: Encodable>(_ value: T, at path: JSONPath) throws -> JSONValue {
        if T.self == JSONValue.self, let value = value as? JSONValue { return value }
        if T.self == JSONObject.self, let members = value as? JSONObject { return .object(members) }
        let node = EncodingNode(path: path)
        try value.encode(to: node)
        return node.value
    }

    /// The encoded value. An empty object if the type encoded nothing.
    var value: JSONValue {
        switch content {
        case .nothing:
            return .object([:])
        case .value(let value):
            return value
        case .members(var members):
            for case (.member(let key), let child) in children { members[key] = child.value }
            return .object(members)
        case .elements(var elements):
            for case (.element(let index), let child) in children { elements[index] = child.value }
            return .array(elements)
        }
    }

    var count: Int {
        if case .elements(let elements) = content { elements.count } else { 0 }
    }

    func set(_ value: JSONValue) {
        content = .value(value)
    }

    func set(_ value: JSONValue, for key: String) {
        guard case .members(var members) = content else { return }
        content = .nothing
        members[key] = value
        content = .members(members)
    }

    func append(_ value: JSONValue) {
        guard case .elements(var elements) = content else { return }
        content = .nothing
        elements.append(value)
        content = .elements(elements)
    }

    /// Returns the node of member `key`, and creates it at its first use.
    func child(for key: String) -> EncodingNode {
        if let child = children[.member(key)] { return child }
        let child = EncodingNode(path: .member(key, of: path))
        set(.null, for: key)
        children[.member(key)] = child
        return child
    }

    /// Creates the node of a new element.
    func appendChild() -> EncodingNode {
        let child = EncodingNode(path: .element(count, of: path))
        children[.element(count)] = child
        append(.null)
        return child
    }
}

extension JSONValue {
    init(finite value: Double, at path: JSONPath) throws {
        guard value.isFinite else { throw JSONValue.refusal(value, at: path) }
        self = .double(value)
    }

    init(exact value: some BinaryInteger & Sendable, at path: JSONPath) throws {
        guard let exact = Int64(exactly: value) else { throw JSONValue.refusal(value, at: path) }
        self = .integer(exact)
    }

    private static func refusal(_ value: some Sendable, at path: JSONPath) -> EncodingError {
        EncodingError.invalidValue(
            value, .init(codingPath: path.codingPath, debugDescription: "cannot write \(value) as a JSON number"))
    }
}
