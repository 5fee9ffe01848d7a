public import AuraModel
internal import JSON
internal import JSONSchema

/// Parameters that can also be given by position.
///
/// Without this conformance a method accepts its parameters by name only.
public protocol PositionalParams: Decodable {
    /// The names of the members in the order of positions.
    static var positions: [String] { get }
}

/// Parameters that can name a tenant. A call that names a tenant which does not exist is refused with `tenantNotFound`.
public protocol NamesTenant {
    /// The tenant that the caller named; `nil` if it named none.
    var namedTenant: TenantID? { get }
}

/// The parameters of a method without parameters. `{}` and `[]` are accepted.
public struct NoParams: Codable, Sendable, Hashable, PositionalParams {
    /// Creates the empty parameters.
    public init() {}

    /// Empty.
    public static let positions: [String] = []

    /// Reads an object and ignores its members. The decoder of requests refuses them as unknown.
    public init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: NoKey.self)
    }

    private enum NoKey: CodingKey {}
}

/// Decodes the parameters of one method from requests.
struct ParamsReader<Parameters: Decodable & Sendable>: Sendable {
    private let schemas: SchemaSet?
    private let schema: String?
    /// The type of the parameters if it can be read without `Codable`, else `nil`.
    private let readable: (any JSONReadable.Type)?

    init(_ schemas: SchemaSet?, _ schema: String?) {
        self.schemas = schemas
        self.schema = schema
        readable = Parameters.self as? any JSONReadable.Type
    }

    /// Decodes parameters. Every failure is an `invalidParams` with path and reason.
    func read(_ given: JSONValue?) throws(RPCError) -> Parameters {
        if Parameters.self == NoParams.self, Self.isEmpty(given), let none = NoParams() as? Parameters { return none }
        let named = try checked(try Self.orInvalid { () throws(JSONDecodingError) in try Self.byName(given) })
        return try Self.orInvalid { () throws(JSONDecodingError) in
            do throws(JSONDecodingError) {
                if let value = try readable?.init(json: named) as? Parameters { return value }
            } catch {
                throw error.under("params")
            }
            return try JSONValueDecoder(rejectsUnknownKeys: true, rootName: "params").decode(
                Parameters.self, from: named)
        }
    }

    /// Returns `named` unchanged, or throws if it does not match the schema.
    ///
    /// Some client libraries write `null` for an absent optional member. Parameters that do not match the schema are
    /// therefore checked again without the members that are null.
    private func checked(_ named: JSONValue) throws(RPCError) -> JSONValue {
        do {
            try check(named)
            return named
        } catch {
            let given = named.withoutNullMembers
            guard given != named else { throw error }
            try check(given)
            // The nulls are kept, so that decoding still refuses an unknown member.
            return named
        }
    }

    private static func orInvalid<Value>(_ body: () throws(JSONDecodingError) -> Value) throws(RPCError) -> Value {
        do {
            return try body()
        } catch {
            throw .invalidParams([SchemaViolation(path: error.path, reason: error.reason)])
        }
    }

    /// Throws all violations in one error.
    private func check(_ named: JSONValue) throws(RPCError) {
        guard let schemas, let schema else { return }
        let violations = schemas.violations(in: named, of: schema, path: "params")
        guard violations.isEmpty else { throw .invalidParams(violations) }
    }

    private static func isEmpty(_ given: JSONValue?) -> Bool {
        switch given {
        case nil: true
        case .object(let members): members.isEmpty
        case .array(let values): values.isEmpty
        case .null, .bool, .integer, .double, .string: false
        }
    }

    private static func byName(_ given: JSONValue?) throws(JSONDecodingError) -> JSONValue {
        guard let given else { return .object([:]) }
        guard case .array(let values) = given, Parameters.self != JSONValue.self else { return given }
        guard let positions = (Parameters.self as? any PositionalParams.Type)?.positions else {
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

extension JSONValue {
    /// The value without those members of its objects that are null, at any depth.
    fileprivate var withoutNullMembers: JSONValue {
        switch self {
        case .object(let members):
            .object(
                JSONObject(
                    uniqueKeysWithValues: members.compactMap { name, value in
                        value == .null ? nil : (name, value.withoutNullMembers)
                    }))
        case .array(let values): .array(values.map(\.withoutNullMembers))
        case .null, .bool, .integer, .double, .string: self
        }
    }
}

extension RPCError {
    /// Returns an error with the first violation as its message and all of them in its data.
    static func invalidParams(_ violations: [SchemaViolation]) -> RPCError {
        let first = violations.first ?? SchemaViolation(path: "params", reason: "they do not fit")
        let more = violations.count > 1 ? " (and \(violations.count - 1) more)" : ""
        let all = violations.map { JSONValue.object(["path": .string($0.path), "reason": .string($0.reason)]) }
        return RPCError(
            .invalidParams, "cannot read the parameters, \(first.path): \(first.reason)\(more)",
            data: ["path": .string(first.path), "reason": .string(first.reason), "violations": .array(all)])
    }
}
