import AuraAPI
import AuraModel
import JSONRPC
import Testing

@testable import Identity

/// The rights of processes on the Unix socket.
@Suite struct UnixAccessTests {
    private static let lookup = UnixAccess.Rule.Lookup(
        user: { ["alice": 1000, "aurad": 990][$0] }, group: { ["staff": 50, "aura-operators": 60][$0] })

    private static func access(_ rules: [String], operators: UInt32? = 60) throws -> UnixAccess {
        UnixAccess(try rules.map { try UnixAccess.Rule($0, lookup) }, ownUser: 990, operators: operators)
    }

    private static func scopes(_ rights: Rights) -> Set<String> { Set(Methods.scopes.filter(rights.scopes.contains)) }

    @Test(arguments: [
        (UnixPeer(uid: 0, gid: 0, pid: 1), Role.admin as Role?), (UnixPeer(uid: 1000, gid: 60, pid: 1), .operator),
        (UnixPeer(uid: 1000, gid: 1000, pid: 1, groups: [4, 60]), .operator),
        (UnixPeer(uid: 1000, gid: 1000, pid: 1, groups: [50]), nil), (UnixPeer(uid: 4242, gid: 0, pid: 1), nil),
    ]) func withoutRulesRootIsAdministratorAndTheGroupOperates(_ peer: UnixPeer, _ role: Role?) throws {
        let rights = try Self.access([]).rights(of: peer)
        #expect(Self.scopes(rights) == role?.scopes() ?? [])
        #expect(rights.tenants == (role == nil ? .only([]) : .all))
    }

    @Test func withoutTheGroupNobodyOperates() throws {
        let rights = try Self.access([], operators: nil).rights(of: UnixPeer(uid: 1000, gid: 60, pid: 1))
        #expect(rights === Rights.none)
    }

    @Test func theOwnUserIsAdministratorWithoutRules() throws {
        let rights = try Self.access([]).rights(of: UnixPeer(uid: 990, gid: 990, pid: 1))
        #expect(Self.scopes(rights) == Role.admin.scopes())
    }

    @Test func theOwnUserMayOnlyCallStatusGetWithRules() throws {
        let rights = try Self.access(["user alice viewer"]).rights(of: UnixPeer(uid: 990, gid: 990, pid: 1))
        #expect(Self.scopes(rights) == ["instances:read"])
        let session = InMemoryConnection(router: Router { _ in }).session
        let rule = try #require(rights.rules.first)
        try rule.check(Methods.statusGet.properties, session)
        let error = #expect(throws: RPCError.self) { try rule.check(Methods.statusList.properties, session) }
        #expect(error?.code == .forbidden)
    }

    @Test func theFirstRuleThatMatchesDecides() throws {
        let access = try Self.access(["user alice viewer acme beta", "group staff admin", "user 0 auditor"])
        let alice = access.rights(of: UnixPeer(uid: 1000, gid: 50, pid: 1))
        #expect(Self.scopes(alice) == Role.viewer.scopes())
        #expect(alice.tenants == .only([TenantID("acme"), TenantID("beta")]))
        #expect(Self.scopes(access.rights(of: UnixPeer(uid: 7, gid: 50, pid: 1))) == Role.admin.scopes())
        let root = access.rights(of: UnixPeer(uid: 0, gid: 0, pid: 1))
        #expect(!root.scopes.contains("instances:read"))
        #expect(root.scopes.contains("audit:read"))
    }

    @Test(arguments: [
        "", "user", "user alice", "alice viewer", "host alice viewer", "user bob viewer", "group alice viewer",
        "user alice owner", "user -1 viewer", "user 4294967296 viewer",
    ]) func aRuleThatIsNotUnderstoodIsRefused(_ text: String) {
        #expect(throws: UnixAccess.Rule.Problem.self) { try UnixAccess.Rule(text, Self.lookup) }
    }
}
