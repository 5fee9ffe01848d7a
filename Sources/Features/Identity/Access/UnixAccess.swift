public import AuraAPI
public import AuraModel
public import JSONRPC

/// The rights of local processes on the Unix socket, by their user and groups.
///
/// The first rule that matches a process decides. Without a match:
///
/// - user 0 is `admin`;
/// - the daemon's own user may call `status.get`, which the inventory of Ansible needs; if there are no rules at all,
///   it is `admin`, since such a daemon belongs to the person who started it;
/// - members of the group `aura-operators` are `operator`;
/// - everybody else has no rights, and may show a token.
public struct UnixAccess: Sendable {
    /// One rule of the setting `access.unix`.
    public struct Rule: Sendable, Hashable {
        /// The processes that a rule matches.
        public enum Subject: Sendable, Hashable {
            /// Processes of this user.
            case user(UInt32)
            /// Processes of members of this group.
            case group(UInt32)
        }

        /// The processes that the rule matches.
        public var subject: Subject
        /// What they may do.
        public var role: Role
        /// The tenants whose objects they may see and change.
        public var tenants: TenantScope

        /// Creates a rule.
        public init(_ subject: Subject, _ role: Role, tenants: TenantScope = .all) {
            self.subject = subject
            self.role = role
            self.tenants = tenants
        }
    }

    /// The name of the group whose members are operators.
    public static let operatorsGroup = "aura-operators"

    private let rules: [(subject: Rule.Subject, rights: Rights)]
    private let ownUser: UInt32
    private let operators: UInt32?
    private let admin: Rights
    private let own: Rights
    private let operating: Rights

    /// Creates the rules.
    ///
    /// - Parameters:
    ///   - scopes: the scopes of all methods.
    ///   - ownUser: the daemon's own user.
    ///   - operators: the number of the group ``operatorsGroup``; `nil` if there is no such group.
    public init(_ rules: [Rule], scopes: [String] = Methods.scopes, ownUser: UInt32, operators: UInt32?) {
        self.rules = rules.map { ($0.subject, Rights(scopes: .only($0.role.scopes(of: scopes)), tenants: $0.tenants)) }
        self.ownUser = ownUser
        self.operators = operators
        admin = Rights(scopes: .only(Role.admin.scopes(of: scopes)))
        own = rules.isEmpty ? admin : Rights(scopes: .only(["instances:read"]), rules: [OwnCalls()])
        operating = Rights(scopes: .only(Role.operator.scopes(of: scopes)))
    }

    /// Returns the rights of a process.
    public func rights(of peer: UnixPeer) -> Rights {
        let match = rules.first { rule in
            switch rule.subject {
            case .user(let uid): peer.uid == uid
            case .group(let gid): peer.isMember(of: gid)
            }
        }
        if let match { return match.rights }
        if peer.uid == 0 { return admin }
        if peer.uid == ownUser { return own }
        if let operators, peer.isMember(of: operators) { return operating }
        return .none
    }
}

/// The calls of the daemon's own user: those of the inventory.
private struct OwnCalls: CallRule {
    func check(_ method: MethodProperties, _ session: Session) throws(RPCError) {
        guard method.name == "status.get" else {
            throw RPCError(
                .forbidden,
                "cannot call \(method.name), aurad's own user may only call status.get: call as root, or add a rule to "
                    + "access.unix")
        }
    }
}

extension UnixAccess.Rule {
    /// Finds the number of a user or group by its name.
    public struct Lookup: Sendable {
        /// Returns the number of a user; `nil` if there is no such user.
        public var user: @Sendable (String) -> UInt32?
        /// Returns the number of a group; `nil` if there is no such group.
        public var group: @Sendable (String) -> UInt32?

        /// Creates a lookup.
        public init(user: @escaping @Sendable (String) -> UInt32?, group: @escaping @Sendable (String) -> UInt32?) {
            self.user = user
            self.group = group
        }
    }

    /// The reason why a text is no rule.
    public struct Problem: Error, Hashable, CustomStringConvertible {
        /// What is wrong and what is expected.
        public let description: String
    }

    /// Parses `user NAME ROLE [TENANT…]` or `group NAME ROLE [TENANT…]`, with blanks between the words. NAME may be a
    /// number.
    public init(_ text: String, _ lookup: Lookup) throws(Problem) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count >= 3, ["user", "group"].contains(words[0]) else {
            throw Problem(
                description: "expected `user NAME ROLE` or `group NAME ROLE`, and then the tenants if it is not all")
        }
        let isUser = words[0] == "user"
        guard let number = UInt32(words[1]) ?? (isUser ? lookup.user(words[1]) : lookup.group(words[1])) else {
            throw Problem(description: "there is no \(words[0]) \(words[1]) on this machine")
        }
        guard let role = Role(rawValue: words[2]) else {
            let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(description: "there is no role \(words[2]): use one of \(roles)")
        }
        let tenants = Set(words.dropFirst(3).map { TenantID($0) })
        self.init(isUser ? .user(number) : .group(number), role, tenants: tenants.isEmpty ? .all : .only(tenants))
    }
}
