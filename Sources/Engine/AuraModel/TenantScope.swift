/// The tenants whose objects a caller may see or change.
public enum TenantScope: Sendable, Hashable {
    /// Every tenant, also tenants that are created later.
    case all
    /// These tenants.
    case only(Set<TenantID>)

    /// Returns true if the scope has the tenant.
    public func contains(_ tenant: TenantID) -> Bool {
        switch self {
        case .all: true
        case .only(let tenants): tenants.contains(tenant)
        }
    }

    /// Returns the tenants that both scopes have.
    public func intersection(_ other: TenantScope) -> TenantScope {
        switch (self, other) {
        case (.all, let scope), (let scope, .all): scope
        case (.only(let mine), .only(let theirs)): .only(mine.intersection(theirs))
        }
    }
}
