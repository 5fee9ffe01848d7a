// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// The cause of a failure, as its source reported it.
public struct FailureView: Sendable, Hashable, Codable {
    public var `class`: Open<ErrorClass>
    /// A stable text for programs: the provider's error code, or Aura's own if there is none.
    public var code: String
    /// A description for people. It contains no secret.
    public var message: String
    /// The provider's id of the failed call, for the provider's support; absent if there is none.
    public var correlationId: String?

    public init(`class`: Open<ErrorClass>, code: String, message: String, correlationId: String? = nil) {
        self.class = `class`
        self.code = code
        self.message = message
        self.correlationId = correlationId
    }
}
