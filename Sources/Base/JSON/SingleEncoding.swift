/// Encodes a single value.
struct SingleEncoding: SingleValueEncodingContainer {
    let node: EncodingNode

    var codingPath: [any CodingKey] { node.codingPath }

    func encodeNil() throws { node.set(.null) }
    func encode(_ value: Bool) throws { node.set(.bool(value)) }
    func encode(_ value: String) throws { node.set(.string(value)) }
    func encode(_ value: Double) throws { node.set(try JSONValue(finite: value, at: node.path)) }
    func encode(_ value: Float) throws { node.set(try JSONValue(finite: Double(value), at: node.path)) }
    func encode(_ value: Int) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode(_ value: Int8) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode(_ value: Int16) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode(_ value: Int32) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode(_ value: Int64) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode(_ value: UInt) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode(_ value: UInt8) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode(_ value: UInt16) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode(_ value: UInt32) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode(_ value: UInt64) throws { node.set(try JSONValue(exact: value, at: node.path)) }
    func encode<T: Encodable>(_ value: T) throws { node.set(try EncodingNode.encode(value, at: node.path)) }
}
