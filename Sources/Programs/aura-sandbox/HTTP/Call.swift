import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import NIOCore

/// One request, as the cloud's handlers receive it.
struct Call: Sendable {
    let method: String
    /// The path as received, without the query.
    let path: String
    /// The parameters of the query. The names are as received, the values are decoded.
    let query: Parameters
    /// The `Authorization` header.
    let authorization: String?
    /// The caller's address.
    let peer: String?
    let body: [UInt8]
    /// True if a web page may have caused the request: it has `Origin` or `Sec-Fetch-Site`, or its host is a name other
    /// than `localhost`. The owner of such a name can let it resolve to 127.0.0.1.
    let isFromPage: Bool
    /// The query as received.
    let queryText: String
    private let fields: HTTPFields
    private let parameters: Parameters

    init(_ request: Request, _ body: ByteBuffer, _ context: CallContext) {
        method = request.method.rawValue
        path = request.uri.path
        // Hummingbird decodes `%20` only. Many clients write a space as `+`.
        query = URI(request.uri.string.replacing("+", with: "%20")).queryParameters
        authorization = request.headers[.authorization]
        peer = context.remote?.ipAddress
        self.body = Array(buffer: body)
        isFromPage = Self.isFromPage(request)
        queryText = request.uri.query ?? ""
        fields = request.headers
        parameters = context.parameters
    }

    /// Returns the value of a header.
    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }

    /// The token of Bearer authentication.
    var bearer: String? {
        authorization.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
    }

    /// The user and password of HTTP Basic authentication.
    var basic: (user: String, password: String)? {
        guard let header = authorization, header.hasPrefix("Basic "),
            let data = Data(base64Encoded: String(header.dropFirst(6)))
        else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    private static func isFromPage(_ request: Request) -> Bool {
        let marks = ["Origin", "Sec-Fetch-Site"].compactMap { HTTPField.Name($0) }
        if marks.contains(where: { request.headers[$0] != nil }) { return true }
        let authority = request.head.authority ?? ""
        let host = authority.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
        return host != "localhost" && !authority.hasPrefix("[") && host.contains { $0 != "." && !$0.isNumber }
    }

    /// Returns the first value of a query parameter.
    func first(_ name: String) -> String? { query.get(name) }

    /// Returns all values of a repeatable query parameter.
    func all(_ name: String) -> [String] { query.getAll(name) }

    /// Returns the value of one of the route's `{…}` segments.
    func parameter(_ name: String) -> String { parameters.get(name) ?? "" }

    /// Returns a numeric path parameter. Throws 404 if the parameter is not a number.
    func id(_ name: String = "id", of what: String) throws -> Int64 {
        let text = parameter(name)
        guard let id = Int64(text) else { throw APIError.notFound(what, text) }
        return id
    }

    /// Decodes the body as `Value`, with properties in camel case. Throws 400 `json_error` for invalid JSON and 422
    /// `invalid_input` for a wrong field.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            let decoder = JSONDecoder()
            if isSnakeCase { decoder.keyDecodingStrategy = .convertFromSnakeCase }
            return try decoder.decode(type, from: Data(body))
        } catch let error as DecodingError {
            throw refusal(error)
        }
    }

    /// Throws 422 if the body has a field that is not allowed, so that a misspelled field is not ignored.
    func allow(_ fields: Set<String>) throws {
        for name in try decode([String: JSONValue].self).keys.sorted() where !fields.contains(name) {
            throw APIError.invalid(name, "no such field; there are \(fields.sorted().joined(separator: ", "))")
        }
    }

    private func refusal(_ error: DecodingError) -> APIError {
        switch error {
        case .keyNotFound(let key, let context):
            return .invalid(field(context.codingPath + [key]), "Missing data for required field.")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return .invalid(field(context.codingPath), "Not a valid value.")
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return .invalid(field(context.codingPath), "Not a valid value.")
        case .dataCorrupted:
            return .plain(400, "json_error", "invalid JSON in request body")
        @unknown default:
            return .plain(400, "json_error", "invalid JSON in request body")
        }
    }

    private func field(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "body" : path.map { $0.intValue.map(String.init) ?? sent($0.stringValue) }.joined(separator: ".")
    }

    /// True for Hetzner's API, which spells fields like `server_type`. Tailscale and the sandbox spell them like
    /// `authKey`.
    private var isSnakeCase: Bool { path.hasPrefix("/v1") }

    /// Returns the name of a property as the request spells it.
    private func sent(_ name: String) -> String {
        guard isSnakeCase else { return name }
        return name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
    }
}

/// The body of a call that changes the name or the labels of a resource.
struct NameAndLabels: Decodable {
    var name: String?
    var labels: [String: String]?
}

/// A reference by id or by name. The API accepts both for a type, image, location or key.
enum Reference: Decodable, Sendable {
    case id(Int64)
    case name(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let id = try? container.decode(Int64.self) {
            self = .id(id)
        } else {
            self = .name(try container.decode(String.self))
        }
    }

    /// True if this reference names the resource with this id and name. The id may come as a string.
    func means(id: Int64, name: String) -> Bool {
        switch self {
        case .id(let wanted): wanted == id
        case .name(let wanted): wanted == name || wanted == String(id)
        }
    }

    /// The reference as text for messages.
    var text: String {
        switch self {
        case .id(let id): String(id)
        case .name(let name): name
        }
    }
}
