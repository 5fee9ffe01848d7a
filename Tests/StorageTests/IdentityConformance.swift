import AuraModel
import JSON
import Storage
import TestKit
import Testing

/// Rows of identities for tests.
enum Sample {
    static let ada: PrincipalID = Fixtures.id(1)
    static let alice = TenantID("alice")

    static func tenant(_ name: String) -> TenantRecord {
        TenantRecord(id: TenantID(name), createdAt: start, createdBy: ada)
    }

    static func principal(
        _ number: Int = 1, name: String? = nil, tenants: TenantScope = .all
    ) -> PrincipalRecord {
        PrincipalRecord(
            id: Fixtures.id(number), name: name ?? "ada-\(number)", kind: .person,
            scopes: ["instances:write", "jobs:read"], tenants: tenants, createdAt: start, createdBy: ada)
    }

    /// 16 bytes that begin with `number`.
    static func id(_ number: UInt8) -> [UInt8] { [number] + Array(repeating: 7, count: 15) }

    /// 32 bytes that begin with `number`.
    static func digest(_ number: UInt8) -> [UInt8] { [number] + Array(repeating: 9, count: 31) }

    static func token(_ number: UInt8 = 1, of principal: PrincipalID = ada, expires: Timestamp? = nil) -> TokenRecord {
        TokenRecord(
            id: id(number), keyID: "k1", principal: principal, name: "laptop", scopes: ["jobs:read"],
            tenants: .only([Tenant.default]), notBefore: start + .seconds(1), expires: expires,
            check: Array(0..<8), createdAt: start, createdBy: ada)
    }

    static func session(_ number: UInt8 = 1, of token: UInt8 = 1, lasting seconds: Int = 3600) -> SessionRecord {
        SessionRecord(
            digest: digest(number), token: id(token), createdAt: start, expires: start + .seconds(seconds))
    }
}

/// Tenants, principals, tokens, sessions and denied keys.
@Suite(.timeLimit(.minutes(3))) struct IdentityConformance {
    /// Makes changes, each of which counts.
    @discardableResult
    private func write(_ changes: [IdentityChange], to store: any Store) async throws -> Int64 {
        var count = try await store.identityChanges()
        for change in changes {
            #expect(try await store.write(change) == count + 1)
            count += 1
        }
        #expect(try await store.identityChanges() == count)
        return count
    }

    /// Expects that changes have no effect and do not count.
    private func expectNoChange(
        _ changes: [IdentityChange], _ store: any Store, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let count = try await store.identityChanges()
        for change in changes {
            #expect(try await store.write(change) == count, "\(change)", sourceLocation: sourceLocation)
        }
    }

    private func expectRefusal(
        _ code: StorageError.Code, _ text: String, _ change: IdentityChange, _ store: any Store,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let count = try await store.identityChanges()
        let error = try await expectStorageError(code, sourceLocation: sourceLocation) {
            try await store.write(change)
        }
        #expect(error.message == text, sourceLocation: sourceLocation)
        #expect(try await store.identityChanges() == count, sourceLocation: sourceLocation)
    }

    @Test(arguments: StoreUnderTest.all) func aNewDatabaseHasTheDefaultTenantOnly(_ subject: StoreUnderTest)
        async throws
    {
        let present = try await subject.openNew().identities()
        #expect(present.tenants.map(\.id) == [Tenant.default])
        #expect(present.tenants.map(\.isEnabled) == [true])
        #expect(present.tenants.map(\.quota) == [TenantQuota()])
        #expect(present.principals.isEmpty && present.tokens.isEmpty && present.sessions.isEmpty)
        #expect(present.deniedKeys.isEmpty && present.unreadable.isEmpty && present.changes == 0)
    }

    @Test(arguments: StoreUnderTest.all) func tenantsAreCreatedAndChanged(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        var alice = Sample.tenant("alice")
        alice.quota = TenantQuota(liveInstances: 3, tokens: 0)
        alice.isEnabled = false
        try await write([.createTenant(Sample.tenant("zoe")), .createTenant(alice)], to: store)
        #expect(try await store.identities().tenants.map(\.id.text) == ["alice", "default", "zoe"])
        #expect(try await store.identities().tenants.first == alice)

        try await write([.setTenant(alice.id, isEnabled: true, quota: nil)], to: store)
        alice.isEnabled = true
        #expect(try await store.identities().tenants.first == alice)
        alice.quota = TenantQuota(jobsInFlight: 1, callsPerMinute: 2, mutationsPerMinute: 3, secrets: 4)
        try await write([.setTenant(alice.id, isEnabled: nil, quota: alice.quota)], to: store)
        #expect(try await store.identities().tenants.first == alice)

        try await expectNoChange(
            [
                .createTenant(alice), .setTenant(alice.id, isEnabled: nil, quota: nil),
                .setTenant(alice.id, isEnabled: true, quota: alice.quota),
            ], store)
        try await expectRefusal(
            .nameTaken, "a tenant named alice exists: choose another name", .createTenant(Sample.tenant("alice")), store
        )
        try await expectRefusal(
            .tenantNotFound, "no tenant is named bob: create it first, or check the name",
            .setTenant(TenantID("bob"), isEnabled: false, quota: nil), store)
    }

    /// A newer daemon may have limits that this one does not know.
    @Test(arguments: StoreUnderTest.withRows) func unknownMembersOfAQuotaAreKept(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        try await subject.run(#"UPDATE tenant SET quota = '{"secrets":3,"gpus":7}'"#, beside: store)
        let quota = try #require(try await store.identities().tenants.first?.quota)
        #expect((quota.secrets, quota.otherMembers) == (3, ["gpus": 7]))
        try await write([.setTenant(Tenant.default, isEnabled: nil, quota: TenantQuota(tokens: 1))], to: store)
        let changed = try #require(try await store.identities().tenants.first?.quota)
        #expect((changed.secrets, changed.tokens, changed.otherMembers) == (nil, 1, ["gpus": 7]))
    }

    @Test(arguments: StoreUnderTest.all) func principalsAreCreatedAndChanged(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        var ada = Sample.principal(
            1, name: "Ada \"the\" \u{e9}, {x}\\", tenants: .only([Tenant.default, Sample.alice]))
        let bob = Sample.principal(2)
        try await write(
            [.createTenant(Sample.tenant("alice")), .createPrincipal(bob), .createPrincipal(ada)], to: store)
        #expect(try await store.identities().principals == [ada, bob])

        ada.name = "ada"
        ada.scopes = []
        ada.tenants = .only([])
        ada.isEnabled = false
        var given = ada
        given.kind = .service
        given.createdAt = start + .seconds(5)
        given.createdBy = nil
        try await write([.setPrincipal(given)], to: store)
        #expect(try await store.identities().principals == [ada, bob])

        try await expectNoChange([.createPrincipal(ada), .setPrincipal(ada), .createPrincipal(bob)], store)
        try await expectRefusal(
            .nameTaken, "a principal named ada exists: choose another name",
            .createPrincipal(Sample.principal(3, name: "ada")), store)
        try await expectRefusal(
            .nameTaken, "a principal named ada exists: choose another name",
            .setPrincipal(Sample.principal(2, name: "ada")), store)
        try await expectRefusal(
            .nameTaken, "a principal with the id \(bob.id) exists: choose another id",
            .createPrincipal(Sample.principal(2, name: "new")), store)
        try await expectRefusal(
            .principalNotFound, "no principal has the id \(Fixtures.id(3, Caller.self))",
            .setPrincipal(Sample.principal(3)), store)
        let lost = "no tenant is named lost: create it first, or check the name"
        let nowhere = TenantScope.only([Sample.alice, TenantID("lost")])
        try await expectRefusal(.tenantNotFound, lost, .createPrincipal(Sample.principal(3, tenants: nowhere)), store)
        try await expectRefusal(.tenantNotFound, lost, .setPrincipal(Sample.principal(2, tenants: nowhere)), store)
    }

    @Test(arguments: StoreUnderTest.all) func tokensAreCreatedUsedAndRevoked(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await write([.createPrincipal(Sample.principal())], to: store)
        var first = Sample.token(1, expires: start + .seconds(60))
        var second = Sample.token(2)
        second.scopes = nil
        second.tenants = .all
        second.createdBy = nil
        try await write([.createToken(second), .createToken(first)], to: store)
        #expect(try await store.identities().tokens == [first, second])

        // Uses do not count, so that no daemon reads all rows because of them.
        let later = start + .seconds(9)
        try await expectNoChange(
            [.tokensUsed([first.id: later, Sample.id(9): later]), .tokensUsed([first.id: start, second.id: start])],
            store)
        first.lastUsedAt = later
        second.lastUsedAt = start
        #expect(try await store.identities().tokens == [first, second])

        try await write([.revokeToken(first.id, at: later)], to: store)
        first.revokedAt = later
        #expect(try await store.identities().tokens == [first, second])
        try await expectNoChange(
            [
                .revokeToken(first.id, at: start), .createToken(Sample.token(1, expires: start + .seconds(60))),
                .tokensUsed([:]),
            ], store)
        #expect(try await store.identities().tokens == [first, second])

        try await expectRefusal(
            .conflict, "a token with this id exists: make one with another id", .createToken(Sample.token(1)), store)
        try await expectRefusal(
            .tokenNotFound, "no token has the id 09070707070707070707070707070707",
            .revokeToken(Sample.id(9), at: start), store)
        try await expectRefusal(
            .principalNotFound, "no principal has the id \(Fixtures.id(2, Caller.self))",
            .createToken(Sample.token(3, of: Fixtures.id(2))), store)
        var elsewhere = Sample.token(3)
        elsewhere.tenants = .only([Sample.alice])
        try await expectRefusal(
            .tenantNotFound, "no tenant is named alice: create it first, or check the name", .createToken(elsewhere),
            store)
    }

    @Test(arguments: StoreUnderTest.all) func sessionsAreOpenedUsedAndClosed(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await write([.createPrincipal(Sample.principal())], to: store)
        try await write([.createToken(Sample.token(1)), .createToken(Sample.token(2, expires: start))], to: store)
        var first = Sample.session(1)
        try await write([.openSession(Sample.session(2)), .openSession(first)], to: store)
        #expect(try await store.identities().sessions == [first, Sample.session(2)])

        first.lastUsedAt = start + .seconds(8)
        try await write([.sessionsUsed([first.digest: first.lastUsedAt, Sample.digest(2): start])], to: store)
        #expect(try await store.identities().sessions.first == first)
        try await expectNoChange(
            [
                .sessionsUsed([first.digest: start]), .sessionsUsed([first.digest: first.lastUsedAt]),
                .sessionsUsed([:]),
                .sessionsUsed([Sample.digest(9): first.lastUsedAt]), .closeSession(Sample.digest(9)),
                .openSession(Sample.session(1)),
            ], store)
        try await expectRefusal(
            .conflict, "a session with this digest exists: open one with another cookie",
            .openSession(Sample.session(1, lasting: 5)), store)
        for (number, id) in [(2, "02"), (3, "03")] as [(UInt8, String)] {
            try await expectRefusal(
                .tokenNotFound, "no valid token has the id \(id)070707070707070707070707070707",
                .openSession(Sample.session(4, of: number)), store)
        }

        try await write([.closeSession(Sample.digest(2))], to: store)
        #expect(try await store.identities().sessions == [first])
        try await write([.revokeToken(Sample.id(1), at: start)], to: store)
        #expect(try await store.identities().sessions.isEmpty)
        try await expectRefusal(
            .tokenNotFound, "no valid token has the id 01070707070707070707070707070707",
            .openSession(Sample.session(4)), store)
    }

    @Test(arguments: StoreUnderTest.all) func aDeniedKeyStaysDenied(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let first = DeniedKey(digest: Sample.digest(2), at: start, by: Sample.ada)
        let second = DeniedKey(digest: Sample.digest(1), at: start)
        try await write([.denyKey(first), .denyKey(second)], to: store)
        try await expectNoChange([.denyKey(DeniedKey(digest: first.digest, at: start + .seconds(1)))], store)
        #expect(try await store.identities().deniedKeys == [second, first])
    }

    @Test(arguments: StoreUnderTest.all) func aPruneDeletesWhatEndedBefore(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let (early, late) = (start + .seconds(10), start + .seconds(20))
        try await write([.createPrincipal(Sample.principal())], to: store)
        let tokens = [nil, early, late, nil, nil].enumerated().map {
            Sample.token(UInt8($0.offset + 1), expires: $0.element)
        }
        try await write(tokens.map { .createToken($0) }, to: store)
        let sessions = [
            Sample.session(1), Sample.session(2, lasting: 10), Sample.session(3, of: 2), Sample.session(4, lasting: 20),
        ]
        try await write(sessions.map { .openSession($0) }, to: store)
        try await write([.revokeToken(Sample.id(4), at: early), .revokeToken(Sample.id(5), at: late)], to: store)

        try await expectNoChange([.prune(before: early)], store)
        try await write([.prune(before: late)], to: store)
        try await expectNoChange([.prune(before: late)], store)
        let left = try await store.identities()
        #expect(left.tokens.map(\.id) == [1, 3, 5].map { Sample.id($0) })
        #expect(left.sessions.map(\.digest) == [1, 4].map { Sample.digest($0) })
        try await write([.prune(before: start + .seconds(9999))], to: store)
        #expect(try await store.identities().tokens.map(\.id) == [Sample.id(1)])
        #expect(try await store.identities().sessions.isEmpty)
    }

    @Test(arguments: StoreUnderTest.all) func allBytesAreStored(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await write([.createPrincipal(Sample.principal())], to: store)
        func bytes(_ length: Int) -> [[UInt8]] {
            stride(from: 0, to: 256, by: length).map { first in (first..<first + length).map { UInt8($0) } }
        }
        for (id, check) in zip(bytes(16).reversed(), bytes(8)) {
            var token = Sample.token()
            (token.id, token.check) = (id, check)
            _ = try await store.write(.createToken(token))
        }
        for (token, digest) in zip(bytes(16), bytes(32).reversed()) {
            _ = try await store.write(
                .openSession(
                    SessionRecord(digest: digest, token: token, createdAt: start, expires: start + .seconds(1))))
            _ = try await store.write(.denyKey(DeniedKey(digest: digest, at: start)))
        }
        let present = try await store.identities()
        #expect(present.tokens.map(\.id) == bytes(16))
        #expect(present.tokens.map(\.check) == bytes(8).prefix(16).reversed())
        #expect(present.sessions.map(\.digest) == bytes(32))
        #expect(present.sessions.map(\.token) == bytes(16).prefix(8).reversed())
        #expect(present.deniedKeys.map(\.digest) == bytes(32))
        #expect(present.unreadable.isEmpty)
    }

    @Test(arguments: StoreUnderTest.all) func identitiesSurviveReopening(_ subject: StoreUnderTest) async throws {
        let place = try StorePlace()
        let before: Identities
        do {
            let store = try await subject.open(place)
            try await write(
                [
                    .createTenant(Sample.tenant("alice")), .createPrincipal(Sample.principal()),
                    .createToken(Sample.token()), .openSession(Sample.session()),
                    .denyKey(DeniedKey(digest: Sample.digest(1), at: start)),
                ], to: store)
            before = try await store.identities()
        }
        let after = try await subject.open(place).identities()
        #expect(after.tenants == before.tenants && after.principals == before.principals)
        #expect(after.tokens == before.tokens && after.sessions == before.sessions)
        #expect(after.deniedKeys == before.deniedKeys && after.changes == 5)
    }

    // MARK: Concurrency

    /// Returns two stores on one database, or the same one twice if a database has only one daemon.
    private func pair(_ subject: StoreUnderTest) async throws -> [any Store] {
        let place = try StorePlace()
        let first = ProbedStore(try await subject.open(place), keeping: place)
        return [first, subject.isShared ? try await subject.open(place) : first]
    }

    @Test(arguments: StoreUnderTest.all) func concurrentWritersShareNamesAndTheCounter(_ subject: StoreUnderTest)
        async throws
    {
        let pair = try await pair(subject)
        let won = await withTaskGroup(of: Int.self) { group in
            for number in 1...40 {
                group.addTask {
                    // Each name is wanted four times.
                    let principal = Sample.principal(number, name: "name-\(number % 10)")
                    let isMine = (try? await pair[number % 2].write(.createPrincipal(principal))) != nil
                    return isMine ? 1 : 0
                }
            }
            return await group.reduce(0, +)
        }
        #expect(won == 10)
        for store in pair {
            let present = try await store.identities()
            #expect(Set(present.principals.map(\.name)).count == 10 && present.principals.count == 10)
            #expect(present.changes == 10)
        }
    }

    /// All rows and the counter are of the same moment.
    ///
    ///     writer:   create, create, create …
    ///     reader:   all rows, repeatedly: as many principals as the counter counts
    @Test(arguments: StoreUnderTest.all) func identitiesAreASnapshot(_ subject: StoreUnderTest) async throws {
        let pair = try await pair(subject)
        async let writing: Void = {
            for number in 1...60 { _ = try await pair[0].write(.createPrincipal(Sample.principal(number))) }
        }()
        var seen: Int64 = 0
        while seen < 60 {
            let present = try await pair[1].identities()
            #expect(present.principals.count == Int(present.changes))
            #expect(present.changes >= seen)
            seen = present.changes
        }
        try await writing
    }
}

extension IdentityChange {
    /// The change that gives a principal all values of this record.
    static func setPrincipal(_ record: PrincipalRecord) -> IdentityChange {
        .setPrincipal(
            record.id,
            PrincipalChange(
                name: record.name, scopes: record.scopes, tenants: record.tenants, isEnabled: record.isEnabled))
    }
}
