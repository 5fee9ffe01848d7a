// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// Why something did not succeed, in the cause's own words.
public struct FailureView: Sendable, Hashable, Codable {
    public var `class`: Open<ErrorClass>
    /// A stable text for programs: the provider's own code where there is one.
    public var code: String
    /// For people. Never a secret.
    public var message: String
    /// The provider's id of the failed call, for its support.
    public var correlationId: String?

    public init(`class`: Open<ErrorClass>, code: String, message: String, correlationId: String? = nil) {
        self.class = `class`
        self.code = code
        self.message = message
        self.correlationId = correlationId
    }
}
