/// A method by its name, with the types of what it takes and gives.
public struct RPCMethod<Parameters: Sendable, Result: Sendable>: Sendable {
    public let name: String
    /// The name of its parameters' schema; none where their type alone says what they may be.
    public let parameters: String?

    public init(_ name: String, parameters: String? = nil) {
        self.name = name
        self.parameters = parameters
    }
}
