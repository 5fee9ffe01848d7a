/// Decodes the elements of an array, in order.
struct UnkeyedDecoding: UnkeyedDecodingContainer {
    private let values: [JSONValue]
    private let path: JSONPath
    private let asked: AskedKeys?
    private(set) var currentIndex = 0

    init(values: [JSONValue], path: JSONPath, asked: AskedKeys?) {
        self.values = values
        self.path = path
        self.asked = asked
    }

    var codingPath: [any CodingKey] { path.codingPath }
    var count: Int? { values.count }
    var isAtEnd: Bool { currentIndex >= values.count }

    mutating func decodeNil() throws -> Bool {
        guard try current().value.isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try taking { try $0.decodeBool() } }
    mutating func decode(_ type: String.Type) throws -> String { try taking { try $0.decodeString() } }
    mutating func decode(_ type: Double.Type) throws -> Double { try taking { try $0.decodeDouble() } }
    mutating func decode(_ type: Float.Type) throws -> Float { Float(try taking { try $0.decodeDouble() }) }
    mutating func decode(_ type: Int.Type) throws -> Int { try taking { try $0.decodeInteger(type) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try taking { try $0.decodeInteger(type) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try taking { try $0.decodeInteger(type) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try taking { try $0.decodeInteger(type) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try taking { try $0.decodeInteger(type) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try taking { try $0.decodeInteger(type) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try taking { try $0.decodeInteger(type) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try taking { try $0.decodeInteger(type) } }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try taking { try $0.decodeInteger(type) } }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try taking { try $0.decodeInteger(type) } }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try taking { try $0.decode(type) } }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try taking { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try taking { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try taking { $0 }
    }

    private mutating func taking<T>(_ body: (DecodingNode) throws -> T) throws -> T {
        let taken = try body(current())
        currentIndex += 1
        return taken
    }

    private func current() throws(JSONDecodingError) -> DecodingNode {
        let place = JSONPath.element(currentIndex, of: path)
        guard !isAtEnd else {
            throw JSONDecodingError(path: place.text, reason: "is missing")
        }
        return DecodingNode(value: values[currentIndex], path: place, asked: asked)
    }
}
