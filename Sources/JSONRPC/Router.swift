internal import JSON
public import JSONSchema

/// The methods of a daemon by name.
///
/// Filled before the first connection, then shared by all of them.
public struct Router: Sendable {
    private(set) var methods: [String: Method] = [:]
    private(set) var known = KnownAnswers()
    private let schemas: SchemaSet?
    let onInternalError: @Sendable (InternalError) -> Void

    /// A handler's failure that callers must not see the words of.
    public struct InternalError: Sendable {
        /// The method that failed.
        public let method: String
        /// The connection it was called on.
        public let session: Session
        /// What its handler threw.
        public let error: any Error
    }

    /// Creates a router without methods; `onInternalError` gets what callers only see as `internalError`.
    ///
    /// `schemas` has those of the parameters, by the names that methods give; what breaks them never reaches a handler.
    public init(schemas: SchemaSet? = nil, onInternalError: @escaping @Sendable (InternalError) -> Void) {
        self.schemas = schemas
        self.onInternalError = onInternalError
    }

    /// The names of all methods, sorted.
    public var methodNames: [String] { methods.keys.sorted() }

    /// Adds a method whose handler may wait.
    ///
    /// With `holdsEvents`, notifications on the caller's connection wait until the reply is queued, so that a reply
    /// which names a new job precedes the job's first event; such a handler must not notify the connection itself.
    /// With `followsHolds`, the handler begins once the calls that hold events and came before on the connection are
    /// answered: a client that sends a change and a question in one breath is told of the change.
    /// With `reads` or `cancelsOnClose`, the call's task is cancelled when its connection closes; other calls run to their end. A method
    /// with `reads` only reads; one with `cancelsOnClose` only waits, and is cancelled as well when the daemon goes down.
    /// Handlers of one connection run in parallel. Registering a name again replaces the method.
    public mutating func register<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false, followsHolds: Bool = false,
        reads: Bool = false, cancelsOnClose: Bool = false,
        handler: @escaping @Sendable (P, Call) async throws -> Reply<R>
    ) {
        let params = ParamsReader<P>(schemas, method.parameters)
        let body = Method.Body.suspending { given, call throws in
            try Answer(await handler(params.read(given), call))
        }
        add(
            method.name,
            Method(
                body: body, holdsEvents: holdsEvents, onClose: Self.onClose(reads, cancelsOnClose),
                followsHolds: followsHolds))
    }

    /// Adds a method whose handler may wait; see the overload with ``Reply``.
    public mutating func register<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false, followsHolds: Bool = false,
        reads: Bool = false, cancelsOnClose: Bool = false,
        handler: @escaping @Sendable (P, Call) async throws -> R
    ) {
        let params = ParamsReader<P>(schemas, method.parameters)
        let body = Method.Body.suspending { given, call throws in
            try Answer(await handler(params.read(given), call))
        }
        add(
            method.name,
            Method(
                body: body, holdsEvents: holdsEvents, onClose: Self.onClose(reads, cancelsOnClose),
                followsHolds: followsHolds))
    }

    /// Adds a method that is answered at once, on the event loop that read the call.
    ///
    /// The handler must be quick and must not block: every connection of that event loop waits for it.
    public mutating func registerImmediate<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false,
        handler: @escaping @Sendable (P, Call) throws -> Reply<R>
    ) {
        let params = ParamsReader<P>(schemas, method.parameters)
        let body = Method.Body.immediate { given, call in
            try Answer(handler(params.read(given), call))
        }
        add(
            method.name,
            Method(
                body: body, holdsEvents: holdsEvents, onClose: .runs, followsHolds: false))
    }

    /// Adds a method that is answered at once; see the overload with ``Reply``.
    public mutating func registerImmediate<P: Decodable & Sendable, R: Encodable & Sendable>(
        _ method: RPCMethod<P, R>, holdsEvents: Bool = false,
        handler: @escaping @Sendable (P, Call) throws -> R
    ) {
        let params = ParamsReader<P>(schemas, method.parameters)
        let body = Method.Body.immediate { given, call in
            try Answer(handler(params.read(given), call))
        }
        add(
            method.name,
            Method(
                body: body, holdsEvents: holdsEvents, onClose: .runs, followsHolds: false))
    }

    /// Adds a method without parameters whose result is always this one; it is written down once, here.
    public mutating func registerConstant<R: Encodable & Sendable>(_ method: RPCMethod<NoParams, R>, _ result: R) throws
    {
        let text = try JSONValueEncoder().encode(result).serialized()
        let constant = RPCMethod<NoParams, EncodedResult>(method.name, parameters: method.parameters)
        registerImmediate(constant) { _, _ in EncodedResult(text) }
        known.add(method.name, result: text)
    }

    private static func onClose(_ reads: Bool, _ waits: Bool) -> CallEnd {
        if waits { return .stopsWaiting }
        return reads ? .stopsReading : .runs
    }

    private mutating func add(_ name: String, _ method: Method) {
        methods[name] = method
        known.remove(name)
    }
}
