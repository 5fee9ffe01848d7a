internal import JSON
public import JSONSchema

/// The methods of a daemon, by name.
///
/// A router is filled before the first connection, and all connections share it.
public struct Router: Sendable {
    private(set) var methods: [String: Method] = [:]
    private(set) var known = PrecomputedReplies()
    private let schemas: SchemaSet?
    let interceptors: [any Interceptor]
    /// Decides who calls; `nil` if every caller may do everything.
    public let authenticator: (any Authenticator)?
    let recorder: (any CallRecorder)?
    let onInternalError: @Sendable (InternalError) -> Void

    /// The failure of a handler. Clients must not see its text.
    public struct InternalError: Sendable {
        /// The method that failed.
        public let method: String
        /// The connection of the call.
        public let session: Session
        /// The error that the handler threw.
        public let error: any Error
    }

    /// Creates a router without methods. `onInternalError` receives the errors that clients see as `internalError`.
    ///
    /// `schemas` holds the schemas of parameters, by the names that methods give. Parameters that violate them never
    /// reach a handler. `interceptors` run around each call, in this order. Without an `authenticator`, every caller may
    /// do everything. `recorder` writes calls to the audit.
    public init(
        schemas: SchemaSet? = nil, interceptors: [any Interceptor] = [], authenticator: (any Authenticator)? = nil,
        recorder: (any CallRecorder)? = nil,
        onInternalError: @escaping @Sendable (InternalError) -> Void
    ) {
        self.schemas = schemas
        self.interceptors = interceptors
        self.authenticator = authenticator
        self.recorder = recorder
        self.onInternalError = onInternalError
    }

    /// The names of all methods, sorted.
    public var methodNames: [String] { methods.keys.sorted() }

    /// The properties of all methods, sorted by name.
    public var methodProperties: [MethodProperties] { methods.values.map(\.properties).sorted { $0.name < $1.name } }

    /// Adds a method with a suspending handler.
    ///
    /// - `holdsEvents`: notifications on the caller's connection wait until the reply is queued. A reply that names a
    ///   new job thus precedes the job's first event. Such a handler must not notify the connection itself.
    /// - `followsHolds`: the handler starts after the handlers of earlier calls of the connection that hold events have
    ///   returned, calls in batches included. A client that sends a change and then a query, without waiting, sees the
    ///   change.
    /// - `reads`: the method only reads. Its task is cancelled when the connection closes.
    /// - `onLoop`: the handler runs on the event loop of its connection, since the wake of another thread would cost
    ///   more than the call. It may suspend. Between suspensions it must be fast, like an immediate handler.
    /// - `cancelsOnClose`: the method only waits. Its task is cancelled when the connection closes or the daemon shuts
    ///   down.
    ///
    /// Without `reads` and `cancelsOnClose`, a call that has started runs to its end. Handlers of one connection run in
    /// parallel. A second registration of a name replaces the method.
    public mutating func register<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false, followsHolds: Bool = false,
        reads: Bool = false, cancelsOnClose: Bool = false, onLoop: Bool = false,
        handler: @escaping @Sendable (P, RPCContext) async throws -> Reply<R>
    ) {
        let (params, tenants) = (ParamsReader<P>(schemas, method.parameters), TenantCheck<P>(authenticator))
        let body = Method.Body.suspending { given, call throws in
            let parameters = try params.read(given)
            try await tenants?.check(parameters, call)
            return try Answer(await handler(parameters, call))
        }
        add(
            Method(
                properties: method.properties, body: body, holdsEvents: holdsEvents,
                onClose: Self.onClose(reads, cancelsOnClose),
                followsHolds: followsHolds, onLoop: onLoop))
    }

    /// Adds a method with a suspending handler; see the overload with ``Reply``.
    ///
    /// `atOnce` does the same as `handler` without waiting, or returns `nil` if it would have to wait. It runs on the
    /// thread that read the call and must be fast, like an immediate handler. A call that it answers needs no task, and
    /// its reply leaves with the other replies of the same read. It must change nothing. `handler` runs for calls in
    /// batches, for calls that must follow earlier ones, and after `nil`.
    public mutating func register<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false, followsHolds: Bool = false,
        reads: Bool = false, cancelsOnClose: Bool = false, onLoop: Bool = false,
        atOnce: (@Sendable (P, RPCContext) throws -> R?)? = nil,
        handler: @escaping @Sendable (P, RPCContext) async throws -> R
    ) {
        let (params, tenants) = (ParamsReader<P>(schemas, method.parameters), TenantCheck<P>(authenticator))
        let body = Method.Body.suspending { given, call throws in
            let parameters = try params.read(given)
            try await tenants?.check(parameters, call)
            return try Answer(await handler(parameters, call))
        }
        var registered = Method(
            properties: method.properties, body: body, holdsEvents: holdsEvents,
            onClose: Self.onClose(reads, cancelsOnClose),
            followsHolds: followsHolds, onLoop: onLoop)
        if let atOnce {
            registered.atOnce = { given, call throws in
                let parameters = try params.read(given)
                guard tenants?.isNeeded(parameters) != true, let result = try atOnce(parameters, call) else {
                    return nil
                }
                return try Answer(result)
            }
        }
        add(registered)
    }

    /// Adds a method with an immediate handler, which runs on the event loop that read the call.
    ///
    /// The handler must be fast and must not block: every connection of that event loop waits for it.
    public mutating func registerImmediate<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false,
        handler: @escaping @Sendable (P, RPCContext) throws -> Reply<R>
    ) {
        let params = ParamsReader<P>(schemas, method.parameters)
        let body = Method.Body.immediate { given, call in
            try Answer(handler(params.read(given), call))
        }
        add(
            Method(
                properties: method.properties, body: body, holdsEvents: holdsEvents, onClose: .runs,
                followsHolds: false,
                onLoop: false))
    }

    /// Adds a method with an immediate handler; see the overload with ``Reply``.
    public mutating func registerImmediate<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false,
        handler: @escaping @Sendable (P, RPCContext) throws -> R
    ) {
        let params = ParamsReader<P>(schemas, method.parameters)
        let body = Method.Body.immediate { given, call in
            try Answer(handler(params.read(given), call))
        }
        add(
            Method(
                properties: method.properties, body: body, holdsEvents: holdsEvents, onClose: .runs,
                followsHolds: false,
                onLoop: false))
    }

    /// Adds a method with a constant result, which is encoded once. Throws if the result cannot be encoded.
    ///
    /// Calls in plain form get a copy of the precomputed reply and pass no interceptor, unless an interceptor covers
    /// constants, or the caller has shown no proof, lacks the scopes of a constant method or has further rules. Calls in
    /// other forms, such as with escapes in their text, are parsed and pass the interceptors.
    public mutating func registerConstant<R: Encodable & Sendable>(_ method: RPCMethod<NoParams, R>, _ result: R) throws
    {
        let text = try JSONValueEncoder().encode(result).serialized()
        let constant = RPCMethod<NoParams, EncodedResult>(
            method.name, parameters: method.parameters, scopes: method.properties.scopes,
            mutates: method.properties.mutates)
        registerImmediate(constant) { _, _ in EncodedResult(text) }
        guard !interceptors.contains(where: \.coversConstants) else { return }
        known.add(method.name, result: text, scopes: method.properties.scopes)
    }

    private static func onClose(_ reads: Bool, _ waits: Bool) -> CallEnd {
        if waits { return .stopsWaiting }
        return reads ? .stopsReading : .runs
    }

    private mutating func add(_ method: Method) {
        methods[method.properties.name] = method
        known.remove(method.properties.name)
    }
}

/// Refuses calls of one method that name a tenant which does not exist.
private struct TenantCheck<Parameters: Sendable>: Sendable {
    private let authenticator: any Authenticator

    /// Returns `nil` if the parameters cannot name a tenant, or nobody knows the tenants.
    init?(_ authenticator: (any Authenticator)?) {
        guard let authenticator, Parameters.self is any NamesTenant.Type else { return nil }
        self.authenticator = authenticator
    }

    /// Returns true if the parameters name a tenant.
    func isNeeded(_ parameters: Parameters) -> Bool { (parameters as? any NamesTenant)?.namedTenant != nil }

    func check(_ parameters: Parameters, _ call: RPCContext) async throws(RPCError) {
        guard let tenant = (parameters as? any NamesTenant)?.namedTenant else { return }
        try await authenticator.check(tenant: tenant, for: call.principal)
    }
}

/// The return value of a handler that needs `afterReply`.
public struct Reply<Result: Encodable & Sendable>: Sendable {
    /// The result that the caller receives.
    public var result: Result
    /// Runs once, directly after the reply was queued on the connection. Messages that it sends there follow the reply.
    ///
    /// It must not block. It does not run if the connection has closed before.
    public var afterReply: (@Sendable () -> Void)?

    /// Creates a reply.
    public init(_ result: Result, afterReply: (@Sendable () -> Void)? = nil) {
        self.result = result
        self.afterReply = afterReply
    }
}

/// A result that is JSON text already and is sent unchanged. The text must be one compact value; it is not checked.
public struct EncodedResult: Sendable, Hashable, Encodable {
    let bytes: [UInt8]

    /// Creates a result from one compact JSON value without line ends.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Parses the JSON text and encodes the value. Replies do not use this method: they contain `bytes` unchanged.
    public func encode(to encoder: any Encoder) throws {
        try JSONValue(parsing: bytes).encode(to: encoder)
    }
}

/// The result of a call before it is written.
struct Answer: Sendable {
    enum Result: Sendable {
        case json(JSONValue)
        case bytes([UInt8])
    }

    var result: Result
    var afterReply: (@Sendable () -> Void)?

    init(json value: JSONValue) {
        result = .json(value)
    }

    /// Keeps a `JSONValue` or an ``EncodedResult`` unchanged, writes a `JSONWritable` value as text, and encodes all
    /// other values. Throws `EncodingError` for a number without a JSON form.
    init<R: Encodable>(_ value: R, afterReply: (@Sendable () -> Void)? = nil) throws {
        if R.self == JSONValue.self, let value = value as? JSONValue {
            result = .json(value)
        } else if R.self == EncodedResult.self, let text = value as? EncodedResult {
            result = .bytes(text.bytes)
        } else if let value = value as? any JSONWritable {
            var text = JSONText(capacity: 1024)
            value.write(to: &text)
            guard !text.hasInvalidNumber else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: [], debugDescription: "a number is not finite"))
            }
            result = .bytes(text.bytes)
        } else {
            result = .json(try JSONValueEncoder().encode(value))
        }
        self.afterReply = afterReply
    }

    init<R>(_ reply: Reply<R>) throws {
        try self.init(reply.result, afterReply: reply.afterReply)
    }
}

enum Outcome: Sendable {
    case success(Answer)
    case failure(RPCError)

    var error: RPCError? {
        switch self {
        case .success: nil
        case .failure(let error): error
        }
    }

    var afterReply: (@Sendable () -> Void)? {
        switch self {
        case .success(let answer): answer.afterReply
        case .failure: nil
        }
    }
}
