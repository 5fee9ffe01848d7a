public import AuraModel
public import JSONRPC

/// The parameters that can name a tenant.
extension ProvisionParameters: NamesTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension InstanceOperationParameters: NamesTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension StatusGetParameters: NamesTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension StatusListParameters: NamesTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension JobListParameters: NamesTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension SecretSetParameters: NamesTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension SecretListParameters: NamesTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension SecretParameters: NamesTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension AuditEraseParameters: NamesTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension SubscribeParameters: NamesTenant {
    /// The member `filter.tenant`.
    public var namedTenant: TenantID? { filter?.tenant }
}
