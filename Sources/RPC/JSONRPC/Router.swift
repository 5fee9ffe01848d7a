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

/// The name of a method, with the types of its parameters and its result.
public struct RPCMethod<Parameters: Sendable, Result: Sendable>: Sendable {
    /// The fixed properties of the method.
    public let properties: MethodProperties
    /// The name of the schema of its parameters, or `nil` if their type alone is checked.
    public let parameters: String?

    /// The name on the wire.
    public var name: String { properties.name }

    /// Creates a method description.
    public init(_ name: String, parameters: String? = nil, scopes: [String] = [], mutates: Bool = false) {
        properties = MethodProperties(name: name, scopes: scopes, mutates: mutates)
        self.parameters = parameters
    }
}

/// The properties of a method that do not depend on its types.
public struct MethodProperties: Sendable, Hashable {
    /// The name on the wire.
    public let name: String
    /// The scopes that a caller needs, such as `instances:write`.
    public let scopes: [String]
    /// True if a call may change something.
    public let mutates: Bool

    /// Creates the properties of a method.
    public init(name: String, scopes: [String], mutates: Bool) {
        self.name = name
        self.scopes = scopes
        self.mutates = mutates
    }
}

/// Defines how a call ends if its connection closes before the reply.
public enum CallEnd: Sendable, Hashable {
    /// The call runs to its end if it has started, because it changes something.
    case runs
    /// The call is cancelled, because it only reads and its result is not needed. During shutdown it still gets its
    /// reply.
    case stopsReading
    /// The call only waits. It is cancelled when the connection closes and on shutdown of the daemon.
    case stopsWaiting
}

/// A registered method, with its types erased.
struct Method: Sendable {
    enum Body: Sendable {
        case immediate(@Sendable (JSONValue?, RPCContext) throws -> Answer)
        case suspending(@Sendable (JSONValue?, RPCContext) async throws -> Answer)
    }

    let properties: MethodProperties
    let body: Body
    /// Answers a call of a suspending method without waiting, or returns `nil`. `nil` for methods that always wait.
    var atOnce: (@Sendable (JSONValue?, RPCContext) throws -> Answer?)?
    let holdsEvents: Bool
    let onClose: CallEnd
    let followsHolds: Bool
    let onLoop: Bool

    var mayWait: Bool {
        switch body {
        case .immediate: false
        case .suspending: true
        }
    }

    /// Returns the share of the daemon's budget that one call uses.
    func cost(bytes: Int) -> CallBudget.Cost {
        guard mayWait else { return CallBudget.Cost() }
        return CallBudget.Cost(calls: 1, waits: onClose == .stopsWaiting ? 1 : 0, bytes: bytes)
    }
}

/// A call that has passed the interceptors up to the first that refused it.
struct EnteredCall: Sendable {
    var context: RPCContext
    /// The number of interceptors that were called.
    var passed: Int
    var refusal: RPCError?
}

extension Router {
    /// Runs an immediate handler inside the chain of interceptors.
    func outcome(
        of handler: (JSONValue?, RPCContext) throws -> Answer, _ params: JSONValue?, _ context: RPCContext
    ) -> Outcome {
        guard !interceptors.isEmpty || recorder != nil || context.principal.awaitsProof else {
            return handle(context) { try handler(params, context) }
        }
        let call = enter(context, params)
        let context = call.context
        let outcome = call.refusal.map { .failure($0) } ?? handle(context) { try handler(params, context) }
        if let recorder, context.needsEntry(outcome.error) { recorder.enqueue(context, outcome.error) }
        leave(call, outcome)
        return outcome
    }

    /// Runs a handler that need not wait, for a call that has entered the chain of interceptors. Returns `nil` if the
    /// call must go on in a task, to wait for the handler or for its entry in the audit.
    func outcome(
        atOnce handler: (JSONValue?, RPCContext) throws -> Answer?, _ params: JSONValue?, _ call: EnteredCall
    ) -> Outcome? {
        let context = call.context
        let outcome: Outcome
        if let refusal = call.refusal {
            outcome = .failure(refusal)
        } else {
            do {
                guard let answer = try handler(params, context) else { return nil }
                outcome = .success(answer)
            } catch {
                outcome = .failure(rpcError(for: error, in: context))
            }
        }
        if recorder != nil, context.needsEntry(outcome.error) { return nil }
        leave(call, outcome)
        return outcome
    }

    /// Runs a suspending handler for a call that has entered the chain of interceptors.
    func outcome(
        of handler: @Sendable (JSONValue?, RPCContext) async throws -> Answer, _ params: JSONValue?,
        _ call: EnteredCall
    ) async -> Outcome {
        let context = call.context
        var outcome: Outcome
        if let refusal = call.refusal {
            outcome = .failure(refusal)
        } else {
            do {
                outcome = .success(try await handler(params, context))
            } catch {
                outcome = .failure(rpcError(for: error, in: context))
            }
        }
        if let recorder, context.needsEntry(outcome.error) {
            do throws(RPCError) {
                try await recorder.record(context, outcome.error)
            } catch {
                outcome = .failure(error)
            }
        }
        leave(call, outcome)
        return outcome
    }

    /// Calls the interceptors until one refuses. A call that needs a proof is refused before the first interceptor.
    func enter(_ context: RPCContext, _ params: JSONValue?) -> EnteredCall {
        var call = EnteredCall(context: begin(context, params), passed: interceptors.count)
        if context.principal.awaitsProof, let authenticator,
            !authenticator.methodsBeforeProof.contains(context.method.name)
        {
            call.passed = 0
            call.refusal = .withoutProof
            return call
        }
        for (index, interceptor) in interceptors.enumerated() {
            do throws(RPCError) {
                try interceptor.willCall(&call.context)
            } catch {
                call.passed = index + 1
                call.refusal = error
                return call
            }
        }
        return call
    }

    /// Tells the interceptors that were called how the call ended, in reverse order.
    func leave(_ call: EnteredCall, _ outcome: Outcome) {
        for interceptor in interceptors.prefix(call.passed).reversed() {
            interceptor.didCall(call.context, outcome.error)
        }
    }

    /// Returns the context with the parameters, and with the slip of a call that may change something.
    private func begin(_ context: RPCContext, _ params: JSONValue?) -> RPCContext {
        guard let recorder else { return context }
        var context = context
        context.parameters = params
        if context.method.mutates { context.audit = recorder.begin(context) }
        return context
    }

    private func handle(_ context: RPCContext, _ body: () throws -> Answer) -> Outcome {
        do {
            return .success(try body())
        } catch {
            return .failure(rpcError(for: error, in: context))
        }
    }

    /// Returns the error for the client. Only `onInternalError` receives an unknown error.
    private func rpcError(for error: any Error, in call: RPCContext) -> RPCError {
        switch error {
        case let error as RPCError: return error
        case let error as any RPCErrorConvertible: return error.rpcError
        // A cancelled read may throw an error of the store. The connection is closed, so the error is not reported.
        case _ where Task.isCancelled && call.session.isClosed: return .notStarted
        case is CancellationError where call.session.wantsClose:
            return RPCError(.shuttingDown, "cannot finish \(call.method.name), the connection is being closed")
        case is CancellationError:
            return RPCError(.requestCancelled, "cannot finish \(call.method.name), the call was cancelled")
        default:
            onInternalError(InternalError(method: call.method.name, session: call.session, error: error))
            return RPCError(.internalError, "cannot finish \(call.method.name), the daemon failed and its log says why")
        }
    }

    func methodNotFound(_ name: String) -> RPCError {
        let shown = name.utf8.count <= 64 ? name : String(name.prefix(40)) + "…"
        return RPCError(.methodNotFound, "cannot find the method \"\(shown)\", rpc.discover lists all")
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
