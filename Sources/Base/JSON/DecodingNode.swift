/// One value during decoding: the `Decoder` that types receive.
struct DecodingNode: Decoder {
    let value: JSONValue
    let path: JSONPath
    let asked: AskedKeys?

    var codingPath: [any CodingKey] { path.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else {
            throw JSONDecodingError(mismatch: "an object", found: value, at: path)
        }
        return KeyedDecodingContainer(KeyedDecoding<Key>(members: members, path: path, asked: asked))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let values) = value else {
            throw JSONDecodingError(mismatch: "an array", found: value, at: path)
        }
        return UnkeyedDecoding(values: values, path: path, asked: asked)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        SingleDecoding(node: self)
    }

    /// Decodes any type. JSON values and objects are returned directly, without their `init(from:)`.
    func decode<T: Decodable>(_ type: T.Type) throws(JSONDecodingError) -> T {
        if type == JSONValue.self, let value = value as? T { return value }
        if type == JSONObject.self {
            guard case .object(let members) = value, let members = members as? T else {
                throw JSONDecodingError(mismatch: "an object", found: value, at: path)
            }
            return members
        }
        do {
            return try T(from: self)
        } catch let error as JSONDecodingError {
            throw error
        } catch DecodingError.dataCorrupted(let context) {
            if let choices = DecodingNode.choices(of: type) {
                throw JSONDecodingError(mismatch: "one of \(choices)", found: value, at: path)
            }
            throw JSONDecodingError(DecodingError.dataCorrupted(context), at: path)
        } catch {
            throw JSONDecodingError(error, at: path)
        }
    }

    /// Returns the raw values of an enumeration, for the error about an unknown value; `nil` for other types.
    private static func choices(of type: Any.Type) -> String? {
        (type as? any (CaseIterable & RawRepresentable).Type).map { choices(among: $0) }
    }

    private static func choices<C: CaseIterable & RawRepresentable>(among type: C.Type) -> String {
        type.allCases.map { "\($0.rawValue)" }.joined(separator: ", ")
    }
}

extension DecodingNode {
    func decodeBool() throws(JSONDecodingError) -> Bool {
        guard case .bool(let flag) = value else { throw mismatch("a boolean") }
        return flag
    }

    func decodeString() throws(JSONDecodingError) -> String {
        guard case .string(let text) = value else { throw mismatch("a string") }
        return text
    }

    func decodeInteger<I: FixedWidthInteger>(_ type: I.Type) throws(JSONDecodingError) -> I {
        let exact: I?
        switch value {
        case .integer(let number): exact = I(exactly: number)
        // JSON has one kind of number: 1.0 and 1e3 are integers too.
        case .double(let number) where number.rounded() == number: exact = I(exactly: number)
        case .null, .bool, .double, .string, .array, .object: throw mismatch("an integer")
        }
        guard let exact else { throw mismatch("an integer from \(I.min) to \(I.max)") }
        return exact
    }

    func decodeDouble() throws(JSONDecodingError) -> Double {
        switch value {
        case .double(let number): return number
        case .integer(let number): return Double(number)
        case .null, .bool, .string, .array, .object: throw mismatch("a number")
        }
    }

    private func mismatch(_ expected: String) -> JSONDecodingError {
        JSONDecodingError(mismatch: expected, found: value, at: path)
    }
}
