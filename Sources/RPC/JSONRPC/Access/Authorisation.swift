public import AuraModel
internal import JSON

/// The one place that decides whether a caller may call a method, and whether an object exists for it.
///
/// The functions are pure. The scopes of a method are compared before its parameters are read. The tenant of an object
/// is compared where the object is found.
public enum Authorisation {
    /// The decision on a call.
    public enum Decision: Sendable, Hashable {
        /// The call may run.
        case allow
        /// The object does not exist for the caller. The reply must be the one for an unknown object.
        case hide
        /// The caller lacks this scope.
        case refuse(scope: String)
    }

    /// Returns the decision on a method, and on an object of the given tenant; `nil` if the call is not about an object
    /// of one tenant, or the object is not known yet.
    public static func decide(_ rights: Rights, _ method: MethodProperties, tenant: TenantID? = nil) -> Decision {
        if let missing = rights.firstMissing(of: method.scopes) { return .refuse(scope: missing) }
        guard let tenant else { return .allow }
        return rights.tenants.contains(tenant) ? .allow : .hide
    }

    /// Returns the error for a caller that lacks a scope.
    public static func refusal(of principal: Principal, _ method: MethodProperties, scope: String) -> RPCError {
        RPCError(
            .forbidden,
            "cannot call \(method.name), \(principal.id) lacks the scope \(scope): an administrator can give it",
            data: ["scope": .string(scope)])
    }
}
