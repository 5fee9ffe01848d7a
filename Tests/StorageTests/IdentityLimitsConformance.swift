import AuraModel
import Storage
import TestKit
import Testing

/// The limits of identities, and rows that cannot be read.
@Suite(.timeLimit(.minutes(3))) struct IdentityLimitsConformance {
    /// A query with the numbers from 1 to `count` in the column `i` of `n`.
    private func numbers(_ count: Int, _ select: String) -> String {
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count)) SELECT \(select) FROM n"
    }

    /// 16 bytes that are different for each `i`, as SQL.
    private func bytes(_ subject: StoreUnderTest) -> String {
        subject.isShared ? "convert_to(lpad(i::text, 16, '0'), 'UTF8')" : "CAST(printf('%016d', i) AS BLOB)"
    }

    private func expectFull(_ text: String, _ change: IdentityChange, _ store: any Store) async throws {
        let error = try await expectStorageError(.quotaExceeded) { try await store.write(change) }
        #expect(error.message == text)
    }

    @Test(arguments: StoreUnderTest.withRows) func tenantsAndPrincipalsAreLimited(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let flag = subject.isShared ? "true" : "1"
        // `default` is the first tenant.
        try await subject.run(
            "INSERT INTO tenant (id, is_enabled, quota, created_at) "
                + numbers(998, "'t' || i, \(flag), '{}', 1"), beside: store)
        try await subject.run(
            "INSERT INTO principal (id, name, kind, scopes, tenants, is_enabled, created_at) "
                + numbers(999, #"'p' || i, 'n' || i, 'person', '[]', '"all"', \#(flag), 1"#), beside: store)
        _ = try await store.write(.createTenant(Sample.tenant("last")))
        _ = try await store.write(.createPrincipal(Sample.principal(1)))
        try await expectFull(
            "there are the 1000 tenants that there may be: use one that exists", .createTenant(Sample.tenant("more")),
            store)
        try await expectFull(
            "there are the 1000 principals that there may be: use one that exists",
            .createPrincipal(Sample.principal(2)), store)
        // A full table can still be changed.
        _ = try await store.write(.setTenant(TenantID("t1"), isEnabled: false, quota: nil))
        _ = try await store.write(.setPrincipal(Sample.principal(1, name: "new")))
        _ = try await store.write(.createTenant(Sample.tenant("last")))
        #expect(try await store.identities().tenants.count == 1000)
    }

    @Test(arguments: StoreUnderTest.withRows) func validTokensAndOpenSessionsAreLimited(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.write(.createPrincipal(Sample.principal()))
        _ = try await store.write(.createToken(Sample.token(1)))
        let late = (start + .seconds(3600)).milliseconds
        let columns = "id, key_id, principal, name, scopes, tenants, not_before, expires, check_value, created_at"
        let values = "'k1', '\(Sample.ada)', 'x', '[]', '[]', 1, \(late), \(bytes(subject)), 1"
        try await subject.run(
            "INSERT INTO token (\(columns)) " + numbers(9998, "\(bytes(subject)), \(values)"), beside: store)
        try await subject.run(
            "INSERT INTO session (digest, token, created_at, last_used_at, expires) "
                + numbers(9999, "\(bytes(subject)), \(bytes(subject)), 1, 1, \(late)"), beside: store)

        _ = try await store.write(.createToken(Sample.token(2)))
        try await expectFull(
            "there are the 10000 valid tokens that there may be: revoke those that are not needed",
            .createToken(Sample.token(3)), store)
        _ = try await store.write(.openSession(Sample.session(1)))
        try await expectFull(
            "there are the 10000 open sessions that there may be: close some, or wait until they end",
            .openSession(Sample.session(2)), store)

        // Revoked and expired tokens and ended sessions do not count.
        _ = try await store.write(.revokeToken(Sample.id(2), at: start))
        _ = try await store.write(.createToken(Sample.token(3)))
        _ = try await store.write(.closeSession(Sample.digest(1)))
        _ = try await store.write(.openSession(Sample.session(2)))
        var later = Sample.token(4)
        later.createdAt = start + .seconds(3600)
        _ = try await store.write(.createToken(later))
        let present = try await store.identities()
        // The rows that were inserted above have ids and digests of other lengths than the store writes.
        #expect((present.tokens.count, present.sessions.count) == (4, 1))
        #expect(present.unreadable.count == 9998 + 9999)
    }

    /// Sessions that have ended, also for want of use, do not count.
    @Test(arguments: StoreUnderTest.all) func openSessionsOfATokenAreLimited(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        _ = try await store.write(.createPrincipal(Sample.principal()))
        for number in 1...2 as ClosedRange<UInt8> { _ = try await store.write(.createToken(Sample.token(number))) }
        for number in 1...31 as ClosedRange<UInt8> {
            _ = try await store.write(.openSession(Sample.session(number, lasting: 7200)))
        }
        _ = try await store.write(.openSession(Sample.session(32, lasting: 60)))
        func open(_ number: UInt8, after seconds: Int) async throws {
            var session = Sample.session(number, lasting: 7200)
            session.createdAt = start + .seconds(seconds)
            session.lastUsedAt = session.createdAt
            _ = try await store.write(.openSession(session))
        }
        func expectFull(after seconds: Int) async throws {
            let error = try await expectStorageError(.quotaExceeded) { try await open(99, after: seconds) }
            #expect(
                error.message
                    == "the token has the 32 open sessions that it may have: close some, or wait until they end")
            #expect(error.limit == 32)
        }
        try await expectFull(after: 59)
        _ = try await store.write(.openSession(Sample.session(33, of: 2)))
        try await open(34, after: 60)
        try await expectFull(after: 1799)
        _ = try await store.write(
            .sessionsUsed(
                Dictionary(uniqueKeysWithValues: (1...30).map { (Sample.digest($0), start + .seconds(600)) })))
        // One session was not used for half an hour.
        try await open(35, after: 1800)
        try await expectFull(after: 1859)
    }

    /// A token counts for each of its tenants. A token of all tenants counts for its principal.
    @Test(arguments: StoreUnderTest.all) func validTokensOfATenantAreLimited(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        for name in ["alice", "bob"] { _ = try await store.write(.createTenant(Sample.tenant(name))) }
        _ = try await store.write(.createPrincipal(Sample.principal(1)))
        _ = try await store.write(.createPrincipal(Sample.principal(2, tenants: .only([Sample.alice]))))
        func create(_ number: UInt8, of principal: Int = 1, _ tenants: TenantScope, quota: Int = 2) async throws {
            var token = Sample.token(number, of: Fixtures.id(principal))
            token.tenants = tenants
            _ = try await store.write(.createToken(token, defaultQuota: quota))
        }
        func expectFull(_ text: String, _ body: () async throws -> Void) async throws {
            let error = try await expectStorageError(.quotaExceeded, body)
            #expect(error.message == "\(text): revoke one, or have the quota raised")
            #expect(error.limit == 2)
        }
        try await create(1, .only([Sample.alice, TenantID("bob")]))
        try await create(2, of: 2, .all)
        try await expectFull("the tenant alice has the 2 valid tokens that it may have") {
            try await create(3, of: 2, .all)
        }
        try await create(3, .only([TenantID("bob")]))
        try await expectFull("the tenant bob has the 2 valid tokens that it may have") {
            try await create(4, .only([TenantID("bob")]))
        }
        for number in 4...5 as ClosedRange<UInt8> { try await create(number, .all) }
        // The first principal's tokens of single tenants do not count here.
        try await expectFull("the principal ada-1 has the 2 valid tokens that it may have") {
            try await create(6, .all)
        }
        _ = try await store.write(.revokeToken(Sample.id(1), at: start))
        try await create(7, of: 2, .only([Sample.alice]))
        _ = try await store.write(.setTenant(Sample.alice, isEnabled: nil, quota: TenantQuota(tokens: 3)))
        try await create(8, of: 2, .all)
    }

    /// A daemon of a release before the table of tenants can create instances of tenants that have no row.
    @Test(arguments: StoreUnderTest.all) func tenantsOfInstancesAreAdopted(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        _ = try await store.write(.createTenant(Sample.tenant("alice")))
        for (number, name) in ["old", "alice", "older", "old"].enumerated() {
            _ = try await store.submit(Fixtures.provision(number + 1, tenant: TenantID(name), at: start))
        }
        #expect(try await store.write(.adoptTenants(at: start)) == 2)
        let present = try await store.identities()
        #expect(present.tenants.map(\.id.text) == ["alice", "default", "old", "older"])
        #expect(present.tenants.first { $0.id.text == "old" } == TenantRecord(id: TenantID("old"), createdAt: start))
        #expect(try await store.write(.adoptTenants(at: start + .seconds(1))) == 2)
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var table: UnreadableRow.Table

        init(_ statement: String, _ table: UnreadableRow.Table) {
            testDescription = statement
            self.table = table
        }
    }

    /// Statements that make the row of `alice` or of the number 1 unreadable. `wrong` stands for two bytes.
    static let damages: [Damage] = [
        Damage("UPDATE tenant SET quota = '{' WHERE id = 'alice'", .tenant),
        Damage("UPDATE tenant SET quota = '{\"secrets\":\"many\"}' WHERE id = 'alice'", .tenant),
        Damage("UPDATE tenant SET quota = '[]' WHERE id = 'alice'", .tenant),
        Damage("UPDATE principal SET kind = 'robot' WHERE name = 'ada-1'", .principal),
        Damage("UPDATE principal SET scopes = 'null' WHERE name = 'ada-1'", .principal),
        Damage("UPDATE principal SET scopes = '[1]' WHERE name = 'ada-1'", .principal),
        Damage("UPDATE principal SET scopes = '[\"a' WHERE name = 'ada-1'", .principal),
        Damage("UPDATE principal SET tenants = '\"none\"' WHERE name = 'ada-1'", .principal),
        Damage("UPDATE principal SET tenants = 'all' WHERE name = 'ada-1'", .principal),
        Damage("UPDATE principal SET tenants = '{}' WHERE name = 'ada-1'", .principal),
        Damage("UPDATE token SET scopes = '' WHERE name = 'laptop'", .token),
        Damage("UPDATE token SET scopes = ' null' WHERE name = 'laptop'", .token),
        Damage("UPDATE token SET tenants = 'null' WHERE name = 'laptop'", .token),
        Damage("UPDATE token SET check_value = wrong WHERE name = 'laptop'", .token),
        Damage("UPDATE session SET digest = wrong WHERE last_used_at = created_at", .session),
        Damage("UPDATE denied_key SET digest = wrong WHERE denied_at = 1", .deniedKey),
    ]

    private func populate(_ store: any Store) async throws {
        for name in ["alice", "bob"] { _ = try await store.write(.createTenant(Sample.tenant(name))) }
        for number in 1...2 { _ = try await store.write(.createPrincipal(Sample.principal(number))) }
        var other = Sample.token(2, of: Fixtures.id(2))
        other.name = "server"
        for token in [Sample.token(1), other] { _ = try await store.write(.createToken(token)) }
        for number in 1...2 as ClosedRange<UInt8> {
            _ = try await store.write(.openSession(Sample.session(number, of: number)))
            let moment = Timestamp(milliseconds: Int64(number))
            _ = try await store.write(.denyKey(DeniedKey(digest: Sample.digest(number), at: moment)))
        }
        _ = try await store.write(.sessionsUsed([Sample.digest(2): start + .seconds(1)]))
    }

    @Test(arguments: StoreUnderTest.withRows, damages)
    func anUnreadableRowHidesNoOtherAndGivesNoRight(
        _ subject: StoreUnderTest, _ damage: Damage
    ) async throws {
        let store = try await subject.openNew()
        try await populate(store)
        let before = try await store.identities()
        let wrong = subject.isShared ? "'\\x0102'::bytea" : "x'0102'"
        try await subject.run(damage.testDescription.replacing("wrong", with: wrong), beside: store)

        let after = try await store.identities()
        #expect(after.unreadable.map(\.table) == [damage.table])
        let reason = try #require(after.unreadable.first?.reason)
        #expect(reason.contains("restore it from a backup") || reason.contains("which this version does not know"))
        func left<Row: Equatable>(_ table: UnreadableRow.Table, _ rows: [Row]) -> [Row] {
            table == damage.table ? Array(rows.dropFirst()) : rows
        }
        #expect(after.tenants == left(.tenant, before.tenants))
        #expect(after.principals == left(.principal, before.principals))
        #expect(after.tokens == left(.token, before.tokens))
        #expect(after.sessions == left(.session, before.sessions))
        #expect(after.deniedKeys == left(.deniedKey, before.deniedKeys))

        // Other rows can be changed, and changes that need the unreadable row are refused.
        _ = try await store.write(.setPrincipal(Sample.principal(2, name: "carol")))
        let needing: [IdentityChange] =
            switch damage.table {
            case .tenant:
                [
                    .setTenant(Sample.alice, isEnabled: true, quota: nil), .createTenant(Sample.tenant("alice")),
                    .createPrincipal(Sample.principal(3, tenants: .only([Sample.alice]))),
                ]
            case .principal:
                [
                    .setPrincipal(Sample.principal(1, name: "new")), .createPrincipal(Sample.principal(1)),
                    .createToken(Sample.token(3)),
                ]
            case .token: [.revokeToken(Sample.id(1), at: start), .openSession(Sample.session(3, of: 1))]
            default: []
            }
        for change in needing {
            try await expectStorageError(.corrupt) { try await store.write(change) }
        }
    }

    /// A key that is denied must stay so, whatever else its row holds.
    @Test func aDeniedKeyWithADamagedTimeIsStillDenied() async throws {
        let subject = try #require(StoreUnderTest.withRows.first { !$0.isShared })
        let store = try await subject.openNew()
        _ = try await store.write(.denyKey(DeniedKey(digest: Sample.digest(1), at: start, by: Sample.ada)))
        try await subject.run("UPDATE denied_key SET denied_at = 'noon', denied_by = x'FF'", beside: store)
        let present = try await store.identities()
        #expect(present.deniedKeys == [DeniedKey(digest: Sample.digest(1), at: Timestamp(milliseconds: 0))])
        #expect(present.unreadable.isEmpty)
    }

    /// SQLite stores values of any type in every column.
    @Test(arguments: [
        "UPDATE tenant SET is_enabled = 2 WHERE id = 'alice'", "UPDATE tenant SET is_enabled = 'no' WHERE id = 'alice'",
        "UPDATE tenant SET created_at = 'noon' WHERE id = 'alice'",
        "UPDATE tenant SET quota = x'7B7D' WHERE id = 'alice'", "UPDATE tenant SET id = x'FF' WHERE id = 'alice'",
        "UPDATE token SET expires = 'never' WHERE name = 'laptop'",
        "UPDATE token SET revoked_at = x'' WHERE name = 'laptop'", "UPDATE token SET id = 'text' WHERE name = 'laptop'",
        "UPDATE session SET expires = 1.5 WHERE last_used_at = created_at",
    ])
    func aDamagedColumnMakesARowUnreadable(_ damage: String) async throws {
        let subject = try #require(StoreUnderTest.withRows.first { !$0.isShared })
        let store = try await subject.openNew()
        try await populate(store)
        try await subject.run(damage, beside: store)
        let present = try await store.identities()
        #expect(present.unreadable.count == 1)
        #expect(present.unreadable.allSatisfy { $0.reason.contains("is damaged: the column ") })
        let rows = present.tenants.count + present.principals.count + present.tokens.count + present.sessions.count
        #expect(rows == 3 + 2 + 2 + 2 - 1)
    }
}
