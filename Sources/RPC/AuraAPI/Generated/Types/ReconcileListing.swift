// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// The listing of one kind of resource at its provider.
public struct ReconcileListing: Sendable, Hashable, Codable {
    public var kind: Open<ResourceKind>
    /// The number of resources in the listing.
    public var count: Int
    /// False if the listing failed or is far shorter than expected. The sweep then leaves orphans alone. A missing
    /// machine counts as lost only after several such listings.
    public var believed: Bool
    /// Why the listing failed; absent if it did not fail.
    public var failure: String?

    public init(kind: Open<ResourceKind>, count: Int, believed: Bool, failure: String? = nil) {
        self.kind = kind
        self.count = count
        self.believed = believed
        self.failure = failure
    }
}
