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
    /// reach a handler. `interceptors` run around each call, in this order.
    public init(
        schemas: SchemaSet? = nil, interceptors: [any Interceptor] = [],
        onInternalError: @escaping @Sendable (InternalError) -> Void
    ) {
        self.schemas = schemas
        self.interceptors = interceptors
        self.onInternalError = onInternalError
    }

    /// The names of all methods, sorted.
    public var methodNames: [String] { methods.keys.sorted() }

    /// Adds a method with a suspending handler.
    ///
    /// - `holdsEvents`: notifications on the caller's connection wait until the reply is queued. A reply that names a
    ///   new job thus precedes the job's first event. Such a handler must not notify the connection itself.
    /// - `followsHolds`: the handler starts after earlier calls of the connection that hold events have their reply. A
    ///   client that sends a change and then a query, without waiting, sees the change.
    /// - `reads`: the method only reads. Its task is cancelled when the connection closes.
    /// - `cancelsOnClose`: the method only waits. Its task is cancelled when the connection closes or the daemon shuts
    ///   down.
    ///
    /// Without `reads` and `cancelsOnClose` a call runs to its end. Handlers of one connection run in parallel. A
    /// second registration of a name replaces the method.
    public mutating func register<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false, followsHolds: Bool = false,
        reads: Bool = false, cancelsOnClose: Bool = false,
        handler: @escaping @Sendable (P, RPCContext) async throws -> Reply<R>
    ) {
        let params = ParamsReader<P>(schemas, method.parameters)
        let body = Method.Body.suspending { given, call throws in
            try Answer(await handler(params.read(given), call))
        }
        add(
            Method(
                properties: method.properties, body: body, holdsEvents: holdsEvents,
                onClose: Self.onClose(reads, cancelsOnClose),
                followsHolds: followsHolds))
    }

    /// Adds a method with a suspending handler; see the overload with ``Reply``.
    public mutating func register<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false, followsHolds: Bool = false,
        reads: Bool = false, cancelsOnClose: Bool = false,
        handler: @escaping @Sendable (P, RPCContext) async throws -> R
    ) {
        let params = ParamsReader<P>(schemas, method.parameters)
        let body = Method.Body.suspending { given, call throws in
            try Answer(await handler(params.read(given), call))
        }
        add(
            Method(
                properties: method.properties, body: body, holdsEvents: holdsEvents,
                onClose: Self.onClose(reads, cancelsOnClose),
                followsHolds: followsHolds))
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
                properties: method.properties, body: body, holdsEvents: holdsEvents, onClose: .runs, followsHolds: false
            ))
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
                properties: method.properties, body: body, holdsEvents: holdsEvents, onClose: .runs, followsHolds: false
            ))
    }

    /// Adds a method with a constant result, which is encoded once. Throws if the result cannot be encoded.
    ///
    /// The reply is precomputed and passes no interceptor, unless one of them covers constants.
    public mutating func registerConstant<R: Encodable & Sendable>(_ method: RPCMethod<NoParams, R>, _ result: R) throws
    {
        let text = try JSONValueEncoder().encode(result).serialized()
        let constant = RPCMethod<NoParams, EncodedResult>(
            method.name, parameters: method.parameters, scopes: method.properties.scopes,
            mutates: method.properties.mutates)
        registerImmediate(constant) { _, _ in EncodedResult(text) }
        guard !interceptors.contains(where: \.coversConstants) else { return }
        known.add(method.name, result: text)
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
