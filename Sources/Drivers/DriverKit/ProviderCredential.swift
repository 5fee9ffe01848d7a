public import AuraModel

/// The credential of a provider, such as an API token. A driver opens it for each call and does not keep it.
public struct ProviderCredential: Sendable {
    private let source: @Sendable () async throws(Failure) -> Secret

    /// Creates a credential that never changes.
    public init(_ secret: Secret) {
        source = { () async throws(Failure) -> Secret in secret }
    }

    /// Creates a credential that `source` returns, each time its value at that time.
    public init(_ source: @escaping @Sendable () async throws(Failure) -> Secret) {
        self.source = source
    }

    /// Returns the present value.
    public func open() async throws(Failure) -> Secret { try await source() }
}
