internal import JSON

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

extension Router {
    /// Returns the budget that the suspending calls of a message need. The calls of a batch share its bytes equally.
    func cost(of message: Inbound, _ bytes: Int) -> CallBudget.Cost {
        switch message {
        case .refused, .notJSON, .single(.invalid): return CallBudget.Cost()
        case .single(.request(let request)):
            guard request.outOfRange == nil else { return CallBudget.Cost() }
            return methods[request.method]?.cost(bytes: bytes) ?? CallBudget.Cost()
        case .batch(let items):
            var cost = CallBudget.Cost()
            for case .request(let request) in items where request.outOfRange == nil {
                cost = cost + (methods[request.method]?.cost(bytes: 0) ?? CallBudget.Cost())
            }
            cost.bytes = cost.calls == 0 ? 0 : bytes / cost.calls * cost.calls
            return cost
        }
    }
}
