/// Encodes the elements of an array, in order.
struct UnkeyedEncoding: UnkeyedEncodingContainer {
    let node: EncodingNode

    var codingPath: [any CodingKey] { node.codingPath }
    var count: Int { node.count }

    func encodeNil() throws { node.append(.null) }
    func encode(_ value: Bool) throws { node.append(.bool(value)) }
    func encode(_ value: String) throws { node.append(.string(value)) }
    func encode(_ value: Double) throws { node.append(try JSONValue(finite: value, at: place)) }
    func encode(_ value: Float) throws { node.append(try JSONValue(finite: Double(value), at: place)) }
    func encode(_ value: Int) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode(_ value: Int8) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode(_ value: Int16) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode(_ value: Int32) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode(_ value: Int64) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode(_ value: UInt) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode(_ value: UInt8) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode(_ value: UInt16) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode(_ value: UInt32) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode(_ value: UInt64) throws { node.append(try JSONValue(exact: value, at: place)) }
    func encode<T: Encodable>(_ value: T) throws { node.append(try EncodingNode.encode(value, at: place)) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        node.appendChild().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        node.appendChild().unkeyedContainer()
    }

    func superEncoder() -> any Encoder { node.appendChild() }

    private var place: JSONPath { .element(node.count, of: node.path) }
}
