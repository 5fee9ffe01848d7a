public import AuraModel
public import JSONRPC

/// Parameters whose member `tenant` names a tenant.
public protocol HasTenant: NamesTenant {
    /// The tenant that the caller named; `nil` if it named none.
    var tenant: TenantID? { get }
}

extension HasTenant {
    /// The member `tenant`.
    public var namedTenant: TenantID? { tenant }
}

extension ProvisionParameters: HasTenant {}
extension InstanceOperationParameters: HasTenant {}
extension StatusGetParameters: HasTenant {}
extension StatusListParameters: HasTenant {}
extension JobListParameters: HasTenant {}
extension SecretSetParameters: HasTenant {}
extension SecretListParameters: HasTenant {}
extension SecretParameters: HasTenant {}
extension AuditEraseParameters: HasTenant {}

extension SubscribeParameters: NamesTenant {
    /// The member `filter.tenant`.
    public var namedTenant: TenantID? { filter?.tenant }
}
