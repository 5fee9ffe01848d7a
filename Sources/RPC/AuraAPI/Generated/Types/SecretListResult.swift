// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A page of secrets, ordered by tenant and name.
public struct SecretListResult: Sendable, Hashable, Codable {
    /// The secrets.
    public var secrets: [SecretView]
    /// The value of `after` for the next page; absent on the last page.
    public var next: String?
    /// Secrets on this page whose rows this version cannot read: the tenant and the name, separated by a space;
    /// absent if there are none.
    public var unreadable: [String]?

    public init(secrets: [SecretView], next: String? = nil, unreadable: [String]? = nil) {
        self.secrets = secrets
        self.next = next
        self.unreadable = unreadable
    }
}
