/// Encodes the members of an object.
struct KeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: EncodingNode

    var codingPath: [any CodingKey] { node.codingPath }

    func encodeNil(forKey key: Key) throws { node.set(.null, for: key.stringValue) }
    func encode(_ value: Bool, forKey key: Key) throws { node.set(.bool(value), for: key.stringValue) }
    func encode(_ value: String, forKey key: Key) throws { node.set(.string(value), for: key.stringValue) }
    func encode(_ value: Double, forKey key: Key) throws {
        node.set(try JSONValue(finite: value, at: path(key)), for: key.stringValue)
    }
    func encode(_ value: Float, forKey key: Key) throws { try encode(Double(value), forKey: key) }
    func encode(_ value: Int, forKey key: Key) throws { try setInteger(value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try setInteger(value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try setInteger(value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try setInteger(value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try setInteger(value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try setInteger(value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try setInteger(value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try setInteger(value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try setInteger(value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try setInteger(value, key) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        node.set(try EncodingNode.encode(value, at: path(key)), for: key.stringValue)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        node.child(for: key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        node.child(for: key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { node.child(for: "super") }
    func superEncoder(forKey key: Key) -> any Encoder { node.child(for: key.stringValue) }

    private func setInteger(_ value: some BinaryInteger & Sendable, _ key: Key) throws {
        node.set(try JSONValue(exact: value, at: path(key)), for: key.stringValue)
    }

    private func path(_ key: Key) -> JSONPath {
        .member(key.stringValue, of: node.path)
    }
}
