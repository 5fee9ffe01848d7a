package import AuraModel
package import JSONRPC

extension RPCContext {
    /// The tenants whose objects the caller may see and change. Every method takes the scope of its calls to the store
    /// from here.
    package var tenantScope: TenantScope { principal.rights.tenants }

    /// The only instances that the caller may see and change; `nil` for all instances of its tenants.
    package var instances: Set<InstanceID>? { principal.rights.instances }
}
