/// Decodes the members of an object, by key.
struct KeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let members: JSONObject
    private let path: JSONPath
    private let asked: AskedKeys?
    private let visit: String

    init(members: JSONObject, path: JSONPath, asked: AskedKeys?) {
        self.members = members
        self.path = path
        self.asked = asked
        visit = asked?.visit(path, members) ?? ""
    }

    var codingPath: [any CodingKey] { path.codingPath }

    var allKeys: [Key] {
        asked?.askAll(at: visit)
        return members.keys.compactMap(Key.init(stringValue:))
    }

    func contains(_ key: Key) -> Bool {
        asked?.ask(key.stringValue, at: visit)
        return members[key.stringValue] != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool { try node(key).value.isNull }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try node(key).decodeBool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try node(key).decodeString() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try node(key).decodeDouble() }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try node(key).decodeDouble()) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try node(key).decodeInteger(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try node(key).decodeInteger(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try node(key).decodeInteger(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try node(key).decodeInteger(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try node(key).decodeInteger(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try node(key).decodeInteger(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try node(key).decodeInteger(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try node(key).decodeInteger(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try node(key).decodeInteger(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try node(key).decodeInteger(type) }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try node(key).decode(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try node(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try node(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        try node(named: "super")
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try node(key)
    }

    private func node(_ key: Key) throws(JSONDecodingError) -> DecodingNode {
        try node(named: key.stringValue)
    }

    private func node(named name: String) throws(JSONDecodingError) -> DecodingNode {
        asked?.ask(name, at: visit)
        guard let value = members[name] else {
            throw JSONDecodingError(path: JSONPath.member(name, of: path).text, reason: "is missing")
        }
        return DecodingNode(value: value, path: .member(name, of: path), asked: asked)
    }
}
