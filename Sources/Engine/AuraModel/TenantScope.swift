/// The tenants whose objects a caller may see or change.
///
/// ``all`` is only for principals with every tenant, and for the daemon itself. An object outside the scope is like one
/// that does not exist.
public enum TenantScope: Sendable, Hashable {
    /// Every tenant, also those that are created later.
    case all
    /// These tenants; if the set is empty, no object is visible.
    case only(Set<TenantID>)

    /// Returns true if the scope has the tenant.
    public func contains(_ tenant: TenantID) -> Bool {
        switch self {
        case .all: true
        case .only(let tenants): tenants.contains(tenant)
        }
    }

    /// The tenant of a request that names none: the only tenant of the scope, or `default` if it has several.
    public var usualTenant: TenantID {
        guard case .only(let tenants) = self, tenants.count == 1, let only = tenants.first else {
            return Tenant.default
        }
        return only
    }

    /// Returns the tenants that both scopes have.
    public func intersection(_ other: TenantScope) -> TenantScope {
        switch (self, other) {
        case (.all, _): other
        case (_, .all): self
        case (.only(let tenants), .only(let others)): .only(tenants.intersection(others))
        }
    }
}
