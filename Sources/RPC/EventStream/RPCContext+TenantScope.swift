package import AuraModel
package import JSONRPC

extension RPCContext {
    /// The tenants whose objects the caller may see and change.
    ///
    /// Every method takes the scope of its calls to the store from here. So far no principal is limited to some tenants.
    package var tenantScope: TenantScope { .all }
}
