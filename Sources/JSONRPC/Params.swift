internal import JSON

/// Parameters that may be given by position, too.
///
/// Without this a method takes its parameters by name only.
public protocol PositionalParams: Decodable {
    /// The members' names in the order of positions.
    static var positions: [String] { get }
}

/// The parameters of a method that takes none; `{}` and `[]` are accepted.
public struct NoParams: Codable, Sendable, Hashable, PositionalParams {
    /// Creates the empty parameters.
    public init() {}

    /// None.
    public static let positions: [String] = []

    /// Reads an object without members.
    public init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: NoKey.self)
    }

    private enum NoKey: CodingKey {}
}

enum ParamsReader {
    /// Makes `type` of what a request gave; every failure is an `invalidParams` with path and reason.
    static func read<P: Decodable>(_ type: P.Type, from given: JSONValue?) throws(RPCError) -> P {
        if type == NoParams.self, isEmpty(given), let none = NoParams() as? P { return none }
        do {
            let named = try byName(given, type)
            return try JSONValueDecoder(rejectsUnknownKeys: true, rootName: "params").decode(type, from: named)
        } catch {
            throw RPCError(
                .invalidParams, "cannot read the parameters, \(error.description)",
                data: ["path": .string(error.path), "reason": .string(error.reason)])
        }
    }

    private static func isEmpty(_ given: JSONValue?) -> Bool {
        switch given {
        case nil: true
        case .object(let members): members.isEmpty
        case .array(let values): values.isEmpty
        case .null, .bool, .integer, .double, .string: false
        }
    }

    private static func byName(_ given: JSONValue?, _ type: Any.Type) throws(JSONDecodingError) -> JSONValue {
        guard let given else { return .object([:]) }
        guard case .array(let values) = given, type != JSONValue.self else { return given }
        guard let positions = (type as? any PositionalParams.Type)?.positions else {
            throw JSONDecodingError(
                path: "params", reason: "expected an object, this method takes its parameters by name")
        }
        guard values.count <= positions.count else {
            let names = positions.isEmpty ? "" : " (\(positions.joined(separator: ", ")))"
            throw JSONDecodingError(
                path: "params", reason: "expected at most \(positions.count) positions\(names), found \(values.count)")
        }
        return .object(JSONObject(uniqueKeysWithValues: zip(positions, values).map { ($0, $1) }))
    }
}
