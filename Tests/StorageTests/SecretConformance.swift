import AuraModel
import Storage
import TestKit
import Testing

/// Secrets and their versions.
@Suite(.timeLimit(.minutes(3))) struct SecretConformance {
    private static let everyByte = (0...255).map { UInt8($0) }

    private static func reference(_ name: String = "token", of tenant: TenantID = Tenant.default) -> SecretReference {
        SecretReference(tenant: tenant, name: name)
    }

    private static func version(
        _ number: Int = 1, _ name: String = "token", _ secretClass: SecretClass = .sealed,
        of tenant: TenantID = Tenant.default, value: [UInt8] = [1, 2, 3], keyID: String = "k1"
    ) -> SecretVersionRecord {
        SecretVersionRecord(
            reference: SecretVersionReference(secret: reference(name, of: tenant), version: number),
            secretClass: secretClass, keyID: keyID, wrapNonce: [UInt8(number), 0], wrapped: [9, UInt8(number)],
            nonce: [0, 255], ciphertext: value, createdAt: start + .seconds(number), createdBy: Fixtures.id(1),
            change: ChangeID("change-\(number)"))
    }

    private static func names(_ page: Page<SecretRecord>) -> [String] {
        page.rows.map { "\($0.reference.tenant) \($0.reference.name)" }
    }

    private func open(_ subject: StoreUnderTest, tenants: [String] = []) async throws -> any Store {
        let store = try await subject.openNew()
        for name in tenants { _ = try await store.write(.createTenant(Sample.tenant(name))) }
        return store
    }

    @Test(arguments: StoreUnderTest.all) func versionsFollowEachOther(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject)
        let reference = Self.reference()
        #expect(try await store.secret(reference) == nil)
        #expect(try await store.secretVersion(reference, version: nil) == nil)
        var first = Self.version(1, "token", .exportable)
        first.createdBy = nil
        first.change = nil
        let made = try await store.putSecret(NewSecretVersion(first))
        #expect(
            made
                == SecretRecord(
                    reference: reference, secretClass: .exportable, currentVersion: 1,
                    createdAt: start + .seconds(1), updatedAt: start + .seconds(1)))
        let second = Self.version(2, value: [])
        let changed = try await store.putSecret(NewSecretVersion(second))
        #expect(
            changed
                == SecretRecord(
                    reference: reference, secretClass: .sealed, currentVersion: 2, createdAt: start + .seconds(1),
                    updatedAt: start + .seconds(2)))
        #expect(try await store.secret(reference) == changed)
        #expect(try await store.secretVersion(reference, version: 1) == first)
        #expect(try await store.secretVersion(reference, version: 2) == second)
        #expect(try await store.secretVersion(reference, version: nil) == second)
        #expect(try await store.secretVersion(reference, version: 3) == nil)
        #expect(try await store.secretVersion(Self.reference("other"), version: nil) == nil)
    }

    @Test(arguments: StoreUnderTest.all) func aVersionMustFollowTheCurrentOne(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject)
        func refusal(_ version: SecretVersionRecord) async throws -> String {
            try await expectStorageError(.conflict) { try await store.putSecret(NewSecretVersion(version)) }.message
        }
        #expect(
            try await refusal(Self.version(2))
                == "cannot set the secret token to version 2: its current version is 0; encrypt the value for version 1"
        )
        #expect(try await store.secret(Self.reference()) == nil)
        _ = try await store.putSecret(NewSecretVersion(Self.version(1)))
        _ = try await store.putSecret(NewSecretVersion(Self.version(2)))
        for number in [0, 1, 2, 4] {
            let text = try await refusal(Self.version(number, value: [7]))
            #expect(
                text == "cannot set the secret token to version \(number): its current version is 2; "
                    + "encrypt the value for version 3")
        }
        // The reply to the last one may have been lost.
        #expect(try await store.putSecret(NewSecretVersion(Self.version(2))).currentVersion == 2)
        #expect(try await store.versionCounts() == ["k1": 2])
    }

    @Test(arguments: StoreUnderTest.all) func onlyTheLastVersionsAreKept(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject, tenants: ["alice"])
        let kept = SecretRecord.versionsAtMost
        let others = [Self.version(1, "other"), Self.version(of: Sample.alice)]
        for other in others { _ = try await store.putSecret(NewSecretVersion(other)) }
        for number in 1...kept { _ = try await store.putSecret(NewSecretVersion(Self.version(number))) }
        #expect(try await store.secretVersion(Self.reference(), version: 1) == Self.version(1))
        for number in kept + 1...kept + 3 {
            _ = try await store.putSecret(NewSecretVersion(Self.version(number)))
            #expect(try await store.secretVersion(Self.reference(), version: number - kept) == nil)
            let oldest = Self.version(number - kept + 1)
            #expect(try await store.secretVersion(Self.reference(), version: oldest.reference.version) == oldest)
        }
        #expect(try await store.versionCounts() == ["k1": kept + others.count])
    }

    @Test(arguments: StoreUnderTest.all) func aSealedSecretIsNeverExportableAgain(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await open(subject)
        for number in 1...2 {
            _ = try await store.putSecret(NewSecretVersion(Self.version(number, "token", .exportable)))
        }
        _ = try await store.putSecret(NewSecretVersion(Self.version(3)))
        let error = try await expectStorageError(.conflict) {
            try await store.putSecret(NewSecretVersion(Self.version(4, "token", .exportable)))
        }
        #expect(
            error.message
                == "cannot make the secret token exportable: it is sealed; set its value under another name")
        #expect(try await store.putSecret(NewSecretVersion(Self.version(4))).secretClass == .sealed)
        #expect(try await store.secretVersion(Self.reference(), version: 2)?.secretClass == .exportable)
    }

    @Test(arguments: StoreUnderTest.all) func aSecretNeedsItsTenant(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject)
        let error = try await expectStorageError(.tenantNotFound) {
            try await store.putSecret(NewSecretVersion(Self.version(of: Sample.alice)))
        }
        #expect(error.message == "no tenant is named alice: create it first, or check the name")
    }

    @Test(arguments: StoreUnderTest.all) func theNumberOfSecretsIsLimited(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject, tenants: ["alice"])
        func put(_ number: Int, _ name: String, of tenant: TenantID = Tenant.default) async throws {
            _ = try await store.putSecret(NewSecretVersion(Self.version(number, name, of: tenant), defaultQuota: 2))
        }
        for name in ["a", "b"] { try await put(1, name) }
        let error = try await expectStorageError(.quotaExceeded) { try await put(1, "c") }
        #expect(
            error.message
                == "the tenant default has the 2 secrets that it may have: delete one, or have the quota raised")
        // Further versions, and the secrets of another tenant, are not limited by it.
        try await put(2, "a")
        try await put(1, "a", of: Sample.alice)
        _ = try await store.write(.setTenant(Tenant.default, isEnabled: nil, quota: TenantQuota(secrets: 3)))
        try await put(1, "c")
        try await expectStorageError(.quotaExceeded) { try await put(1, "d") }
        #expect(try await store.deleteSecret(Self.reference("a")))
        try await put(1, "d")
        _ = try await store.write(.setTenant(Sample.alice, isEnabled: nil, quota: TenantQuota(secrets: 0)))
        try await expectStorageError(.quotaExceeded) { try await put(1, "e", of: Sample.alice) }
    }

    @Test(arguments: StoreUnderTest.all) func secretsAreListedByTenantAndName(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject, tenants: ["alice", "bob", "carol"])
        var expected: [String] = []
        for tenant in ["alice", "bob", "default"] {
            for name in ["B", "a", "a b", "a.b", "\u{e9}"] {
                _ = try await store.putSecret(NewSecretVersion(Self.version(1, name, of: TenantID(tenant))))
                expected.append("\(tenant) \(name)")
            }
        }
        func list(_ scope: TenantScope, limit: Int) async throws -> [String] {
            var (found, after): ([String], SecretReference?) = ([], nil)
            while true {
                let page = try await store.secrets(SecretQuery(scope: scope, after: after, limit: limit))
                found += Self.names(page)
                if page.count < limit { return found }
                after = page.last
            }
        }
        for limit in [1, 2, 5, 7, 100] {
            #expect(try await list(.all, limit: limit) == expected)
            #expect(
                try await list(.only([TenantID("default"), Sample.alice, TenantID("carol")]), limit: limit)
                    == expected.filter { !$0.hasPrefix("bob") })
            #expect(try await list(.only([TenantID("bob")]), limit: limit) == expected.filter { $0.hasPrefix("bob") })
            #expect(try await list(.only([]), limit: limit) == [])
        }
        #expect(try await list(.only([TenantID("unknown")]), limit: 5) == [])
    }

    @Test(arguments: StoreUnderTest.all) func allBytesAreStored(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject)
        var version = Self.version()
        version.wrapNonce = Self.everyByte
        version.wrapped = Self.everyByte.reversed()
        version.nonce = []
        version.ciphertext = Array(repeating: Self.everyByte, count: 257).flatMap { $0 }
        _ = try await store.putSecret(NewSecretVersion(version))
        #expect(try await store.secretVersion(Self.reference(), version: nil) == version)
        let canary = VaultCanary(keyID: "k1", nonce: Self.everyByte, ciphertext: Self.everyByte.reversed())
        #expect(try await store.putCanary(canary) == canary)
        #expect(try await store.canary(keyID: "k1") == canary)
    }

    @Test(arguments: StoreUnderTest.all) func aSecretIsDeletedWithItsVersions(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject, tenants: ["alice"])
        for number in 1...3 { _ = try await store.putSecret(NewSecretVersion(Self.version(number))) }
        let others = [Self.version(1, "other"), Self.version(of: Sample.alice)]
        for other in others { _ = try await store.putSecret(NewSecretVersion(other)) }
        #expect(try await store.deleteSecret(Self.reference()))
        #expect(try await store.deleteSecret(Self.reference()) == false)
        #expect(try await store.secret(Self.reference()) == nil)
        #expect(try await store.secretVersion(Self.reference(), version: 3) == nil)
        #expect(try await store.versionCounts() == ["k1": 2])
        // A new secret of this name begins at version 1, and may be of any class.
        let again = Self.version(1, "token", .exportable)
        #expect(try await store.putSecret(NewSecretVersion(again)).currentVersion == 1)
        #expect(try await store.secretVersion(Self.reference(), version: nil) == again)
    }

    // MARK: Rewrapping

    private func rewrapping(_ version: SecretVersionRecord, keyID: String = "k2") -> Rewrapping {
        Rewrapping(
            reference: version.reference, oldWrapped: version.wrapped, keyID: keyID, wrapNonce: [5, 5],
            wrapped: [0, 1, 2] + version.wrapped)
    }

    @Test(arguments: StoreUnderTest.all) func versionsAreRewrappedInPages(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject, tenants: ["alice"])
        for tenant in [Sample.alice, Tenant.default] {
            for number in 1...4 { _ = try await store.putSecret(NewSecretVersion(Self.version(number, of: tenant))) }
        }
        _ = try await store.putSecret(NewSecretVersion(Self.version(1, "new", keyID: "k2")))
        #expect(try await store.versionCounts() == ["k1": 8, "k2": 1])
        var (seen, after): ([SecretVersionReference], SecretVersionReference?) = ([], nil)
        while true {
            let page = try await store.versionsToRewrap(keyID: "k2", after: after, limit: 3)
            if page.isEmpty { break }
            seen += page.rows.map(\.reference)
            after = page.last
            #expect(try await store.rewrap(page.rows.map { rewrapping($0) }) == page.count)
        }
        let expected = [Sample.alice, Tenant.default].flatMap { tenant in
            (1...4).map { SecretVersionReference(secret: Self.reference(of: tenant), version: $0) }
        }
        #expect(seen == expected)
        #expect(try await store.versionCounts() == ["k2": 9])
        var wanted = Self.version(3)
        (wanted.keyID, wanted.wrapNonce, wanted.wrapped) = ("k2", [5, 5], [0, 1, 2, 9, 3])
        #expect(try await store.secretVersion(Self.reference(), version: 3) == wanted)
        // The same version again is a repetition, although it is wrapped otherwise by now.
        #expect(try await store.putSecret(NewSecretVersion(Self.version(4))).currentVersion == 4)
    }

    @Test(arguments: StoreUnderTest.all) func aStaleRewrappingChangesNothing(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject)
        for number in 1...2 { _ = try await store.putSecret(NewSecretVersion(Self.version(number))) }
        #expect(try await store.rewrap([rewrapping(Self.version(1))]) == 1)
        let stale = rewrapping(Self.version(1), keyID: "k3")
        #expect(try await store.rewrap([stale, rewrapping(Self.version(2), keyID: "k3")]) == 1)
        #expect(try await store.versionCounts() == ["k2": 1, "k3": 1])
        #expect(try await store.deleteSecret(Self.reference()))
        #expect(try await store.rewrap([stale]) == 0)
        // A secret of the same name has another data key.
        var other = Self.version()
        other.wrapped = [1]
        _ = try await store.putSecret(NewSecretVersion(other))
        #expect(try await store.rewrap([rewrapping(Self.version(1))]) == 0)
        #expect(try await store.rewrap([]) == 0)
        #expect(try await store.secretVersion(Self.reference(), version: nil) == other)
    }

    @Test(arguments: StoreUnderTest.all) func aKeyKeepsItsFirstCanary(_ subject: StoreUnderTest) async throws {
        let store = try await open(subject)
        #expect(try await store.canary(keyID: "k1") == nil)
        let first = VaultCanary(keyID: "k1", nonce: [1], ciphertext: [2])
        #expect(try await store.putCanary(first) == first)
        #expect(try await store.putCanary(VaultCanary(keyID: "k1", nonce: [3], ciphertext: [4])) == first)
        #expect(try await store.canary(keyID: "k1") == first)
        #expect(try await store.canary(keyID: "k2") == nil)
    }

    // MARK: Concurrency

    private func pair(_ subject: StoreUnderTest) async throws -> [any Store] {
        let place = try StorePlace()
        let first = ProbedStore(try await subject.open(place), keeping: place)
        return [first, subject.isShared ? try await subject.open(place) : first]
    }

    @Test(arguments: StoreUnderTest.all) func oneOfTwoWritersGetsAVersion(_ subject: StoreUnderTest) async throws {
        let pair = try await pair(subject)
        for number in 1...8 {
            let codes = await withTaskGroup(of: StorageError.Code?.self) { group in
                for writer in 0...1 {
                    group.addTask {
                        let version = Self.version(number, value: [UInt8(writer), UInt8(number)])
                        do {
                            _ = try await pair[writer].putSecret(NewSecretVersion(version))
                            return nil
                        } catch {
                            return (error as? StorageError)?.code
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.contains(nil) && codes.contains(.conflict), "\(codes)")
        }
        #expect(try await pair[1].secret(Self.reference())?.currentVersion == 8)
        #expect(try await pair[1].versionCounts() == ["k1": 8])
    }

    @Test(arguments: StoreUnderTest.all) func concurrentWritersKeepTheQuota(_ subject: StoreUnderTest) async throws {
        let pair = try await pair(subject)
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 1...20 {
                group.addTask {
                    let version = NewSecretVersion(Self.version(1, "name-\(number)"), defaultQuota: 5)
                    return (try? await pair[number % 2].putSecret(version)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 5)
        #expect(try await pair[0].secrets(SecretQuery(scope: .all)).count == 5)
    }

    /// The keys are rotated while secrets are set and deleted. At the end, each version that is left can be opened: its
    /// wrapped key is its own, old or new.
    @Test(arguments: StoreUnderTest.all) func rewrappingMixesWithPutsAndDeletes(_ subject: StoreUnderTest) async throws
    {
        let pair = try await pair(subject)
        for number in 1...6 { _ = try await pair[0].putSecret(NewSecretVersion(Self.version(1, "n\(number)"))) }
        async let changing: Void = {
            for number in 1...6 {
                if number % 2 == 0 { _ = try await pair[0].deleteSecret(Self.reference("n\(number)")) }
                let next = number % 2 == 0 ? 1 : 2
                _ = try await pair[0].putSecret(NewSecretVersion(Self.version(next, "n\(number)", value: [8])))
            }
        }()
        for _ in 1...6 {
            let page = try await pair[1].versionsToRewrap(keyID: "k2", after: nil, limit: 500)
            _ = try await pair[1].rewrap(page.rows.map { rewrapping($0) })
        }
        try await changing
        let rest = try await pair[1].versionsToRewrap(keyID: "k2", after: nil, limit: 500)
        #expect(try await pair[1].rewrap(rest.rows.map { rewrapping($0) }) == rest.count)
        #expect(try await pair[1].versionCounts() == ["k2": 9])
        for number in 1...6 {
            let current = try #require(try await pair[0].secretVersion(Self.reference("n\(number)"), version: nil))
            let expected = UInt8(number % 2 == 0 ? 1 : 2)
            #expect((current.wrapped, current.ciphertext) == ([0, 1, 2, 9, expected], [8]))
        }
    }

    // MARK: Rows

    @Test(arguments: StoreUnderTest.withRows) func anUnreadableSecretKeepsItsPosition(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await open(subject)
        for name in ["a", "b c", "d"] {
            _ = try await store.putSecret(NewSecretVersion(Self.version(1, name)))
            _ = try await store.putSecret(NewSecretVersion(Self.version(2, name)))
        }
        try await subject.run("UPDATE secret SET class = 'open' WHERE name = 'b c'", beside: store)
        try await subject.run(
            "UPDATE secret_version SET class = 'open' WHERE name = 'b c' AND version = 2", beside: store)
        let first = try await store.secrets(SecretQuery(scope: .all, limit: 2))
        #expect(first.last == Self.reference("b c"))
        #expect(
            first.unreadable == [
                UnreadableRow(
                    .secret, id: "default b c",
                    reason: StorageError.unknown("open", as: "class", of: "secret b c").message)
            ])
        let scope = TenantScope.only([Tenant.default])
        #expect(Self.names(try await store.secrets(SecretQuery(scope: scope, after: first.last))) == ["default d"])
        let versions = try await store.versionsToRewrap(keyID: "k2", after: nil, limit: 4)
        #expect(versions.last == SecretVersionReference(secret: Self.reference("b c"), version: 2))
        #expect(versions.unreadable.map(\.id) == ["default b c 2"])
        #expect(try await store.versionsToRewrap(keyID: "k2", after: versions.last, limit: 4).count == 2)
        try await expectStorageError(.corrupt) { try await store.secret(Self.reference("b c")) }
        try await expectStorageError(.corrupt) { try await store.secretVersion(Self.reference("b c"), version: 2) }
        try await expectStorageError(.corrupt) {
            try await store.putSecret(NewSecretVersion(Self.version(3, "b c")))
        }
        #expect(try await store.secretVersion(Self.reference("b c"), version: 1) != nil)
        #expect(try await store.deleteSecret(Self.reference("b c")))
    }

    @Test(arguments: StoreUnderTest.all) func secretsSurviveReopening(_ subject: StoreUnderTest) async throws {
        let place = try StorePlace()
        let canary = VaultCanary(keyID: "k1", nonce: [1], ciphertext: [2])
        do {
            let store = try await subject.open(place)
            for number in 1...2 { _ = try await store.putSecret(NewSecretVersion(Self.version(number))) }
            _ = try await store.putCanary(canary)
        }
        let store = try await subject.open(place)
        #expect(try await store.secret(Self.reference())?.currentVersion == 2)
        #expect(try await store.secretVersion(Self.reference(), version: 1) == Self.version(1))
        #expect(try await store.canary(keyID: "k1") == canary)
    }
}
