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
}
