// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The result of an erasure.
public struct AuditEraseResult: Sendable, Hashable, Codable {
    /// The number of entries whose content this call erased.
    public var erased: Int64
    /// The value of `after` for the next call; absent if no entries are left to examine.
    public var next: Int64?

    public init(erased: Int64, next: Int64? = nil) {
        self.erased = erased
        self.next = next
    }
}
