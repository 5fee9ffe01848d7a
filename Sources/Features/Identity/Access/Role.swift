public import AuraAPI

/// The scopes of each role. Roles are lists of scopes and nothing else: no rule forbids anything.
extension Role {
    /// The scope that reads the audit.
    private static let audit = "audit:read"
    /// The scope that reveals secrets. No role has it; it is always given by name.
    static let export = "secrets:export"

    /// Returns the scopes of the role, out of all scopes that methods have.
    public func scopes(of all: [String] = Methods.scopes) -> Set<String> {
        switch self {
        case .viewer: Set(all.filter { $0.hasSuffix(":read") && $0 != Self.audit })
        case .operator: Role.viewer.scopes(of: all).union(["instances:write", "jobs:write"])
        case .tenantAdmin: Role.operator.scopes(of: all).union(["tokens:write", "secrets:write"])
        case .auditor: [Self.audit]
        case .admin: Set(all.filter { $0 != Self.export })
        }
    }
}
