// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The result of an import. It never has a value.
public struct VaultImportResult: Sendable, Hashable, Codable {
    /// The number of credentials that the call put into the vault.
    public var imported: Int64
    /// The number of credentials that were in the vault before.
    public var present: Int64
    /// The number of files that the call deleted.
    public var deleted: Int64
    /// The credentials that are still outside of the vault, at most 1,000, ordered by place.
    public var left: [VaultImportLeft]
    /// The number of credentials that are still outside of the vault.
    public var leftCount: Int64

    public init(imported: Int64, present: Int64, deleted: Int64, left: [VaultImportLeft], leftCount: Int64) {
        self.imported = imported
        self.present = present
        self.deleted = deleted
        self.left = left
        self.leftCount = leftCount
    }
}
