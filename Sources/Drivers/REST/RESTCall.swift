internal import AuraModel
public import HTTPClient
public import JSON

/// One call of a provider's REST API.
public struct RESTCall: Sendable {
    /// The body of a request.
    public enum Body: Sendable {
        case json(JSONValue)
        /// Pairs that are sent as `application/x-www-form-urlencoded`.
        case form([(name: String, value: String)])
    }

    public var method: HTTPMethod
    /// The path below the endpoint, percent-encoded, with a leading slash.
    public var path: String
    /// The query, without percent-encoding.
    public var query: [(name: String, value: String)]
    public var body: Body?
    /// The description of the call for messages: "create server aura-ada-g1".
    public var what: String
    /// The effect of sending the call twice.
    public var effect: CallEffect

    /// Creates a call. Without an `effect`, the method decides: `GET` and `HEAD` read, `PUT`, `PATCH` and `DELETE` are
    /// repeatable, and a `POST` must have its effect only once.
    public init(
        _ method: HTTPMethod, _ path: String, query: [(name: String, value: String)] = [], body: Body? = nil,
        what: String, effect: CallEffect? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.what = what
        self.effect = effect ?? CallEffect(of: method)
    }
}

extension RESTCall: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method and the path. The query and the body may hold secrets.
    public var description: String { "\(method.rawValue) \(path)" }
    public var debugDescription: String { description }
    /// A mirror without children, so that reflection shows no secrets.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

extension RESTCall {
    /// Returns the request, with `token` as its bearer token.
    func request(_ settings: RESTSettings, token: Secret?) -> HTTPRequest {
        var url = settings.endpoint + path
        if !query.isEmpty { url += "?" + Query.encode(query) }
        var headers = settings.headers
        headers["Accept"] = "application/json"
        if let token { headers["Authorization"] = "Bearer \(token.reveal())" }
        if let body { headers["Content-Type"] = body.contentType }
        return HTTPRequest(
            method, url, headers: headers, body: body?.bytes, timeout: settings.requestTimeout,
            responseLimitBytes: settings.responseLimitBytes, cancellation: effect.cancellation)
    }
}

extension RESTCall.Body {
    fileprivate var contentType: String {
        switch self {
        case .json: "application/json"
        case .form: "application/x-www-form-urlencoded"
        }
    }

    fileprivate var bytes: [UInt8] {
        switch self {
        case .json(let value): value.serialized()
        case .form(let items): Array(Query.encode(items).utf8)
        }
    }
}
