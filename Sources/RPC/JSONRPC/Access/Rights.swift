public import AuraModel

/// What a caller may do. A value that cannot change; a caller whose rights change gets another one.
public final class Rights: Sendable {
    /// The scopes of methods that the caller may call.
    public let scopes: Scopes
    /// The tenants whose objects the caller may see and change.
    public let tenants: TenantScope
    /// The only instances that the caller may see and change; `nil` for all instances of its tenants.
    public let instances: Set<InstanceID>?
    /// Further rules for each call, such as the restrictions of a token. A call must satisfy all of them.
    public let rules: [any CallRule]

    /// A set of scopes.
    public enum Scopes: Sendable, Hashable {
        /// Every scope, also those of methods that are added later.
        case all
        /// These scopes, such as `instances:read`.
        case only(Set<String>)

        /// Returns true if the set has the scope.
        public func contains(_ scope: String) -> Bool {
            switch self {
            case .all: true
            case .only(let scopes): scopes.contains(scope)
            }
        }
    }

    /// Creates rights.
    public init(
        scopes: Scopes, tenants: TenantScope = .all, instances: Set<InstanceID>? = nil, rules: [any CallRule] = []
    ) {
        self.scopes = scopes
        self.tenants = tenants
        self.instances = instances
        self.rules = rules
    }

    /// Every right.
    public static let all = Rights(scopes: .all)
    /// No right. Only methods without scopes can be called.
    public static let none = Rights(scopes: .only([]), tenants: .only([]))

    /// Returns the first of these scopes that the rights lack, or `nil` if they have all.
    public func firstMissing(of scopes: [String]) -> String? {
        scopes.first { !self.scopes.contains($0) }
    }
}

/// A rule that each call of a caller must satisfy.
public protocol CallRule: Sendable {
    /// True if calls with constant replies must satisfy the rule too. The daemon then parses these calls instead of
    /// copying precomputed replies.
    var coversConstants: Bool { get }

    /// Throws the refusal of a call that does not satisfy the rule. It must not block.
    func check(_ method: MethodProperties, _ session: Session) throws(RPCError)
}

extension CallRule {
    /// True.
    public var coversConstants: Bool { true }
}
