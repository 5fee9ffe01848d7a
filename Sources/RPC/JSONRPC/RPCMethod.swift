/// The name of a method, with the types of its parameters and its result.
public struct RPCMethod<Parameters: Sendable, Result: Sendable>: Sendable {
    /// The name on the wire.
    public let name: String
    /// The name of the schema of its parameters, or `nil` if their type alone is checked.
    public let parameters: String?

    /// Creates a method description.
    public init(_ name: String, parameters: String? = nil) {
        self.name = name
        self.parameters = parameters
    }
}
