import AuraModel
import Logging
import Storage
import TestKit
import Testing

@testable import Vault
@testable import VaultKeys

/// The vault over each store, as two daemons with one database use it.
@Suite(.timeLimit(.minutes(5))) struct VaultConformance {
    private static let first = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let second = "aura-key-1 k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
    private static let daemonCount = 2

    private static func open(_ store: any Store, _ lines: String...) async throws -> Vault {
        try #require(
            try await Vault.open(
                store, keys: MasterKeys(lines.joined(separator: "\n")), installation: store.installation,
                time: SystemTime()))
    }

    private static func reference(_ number: Int) -> SecretReference {
        SecretReference(tenant: Tenant.default, name: "n\(number)")
    }

    private func stores(_ subject: StoreUnderTest) async throws -> [any Store] {
        let place = try StorePlace()
        let first = ProbedStore(try await subject.open(place), keeping: place)
        return [first, subject.isShared ? try await subject.open(place) : first]
    }

    /// Two daemons set and open the same secrets while both rotate the keys. No call fails, an opened value is always one
    /// that was set, and at the end no version is left under the old key.
    ///
    /// The order of the calls of each task is drawn; the tasks interleave as the store lets them. There are more puts than
    /// versions that are kept, so that versions are deleted meanwhile.
    @Test(arguments: StoreUnderTest.all, [1, 2]) func nothingFailsDuringARotation(
        _ subject: StoreUnderTest, seed: UInt64
    ) async throws {
        let stores = try await stores(subject)
        let former = try await Self.open(stores[0], Self.first)
        for number in 1...3 { try await former.put(Secret("n\(number) start"), as: Self.reference(number)) }
        var vaults: [Vault] = []
        for store in stores { vaults.append(try await Self.open(store, Self.second, Self.first)) }
        // One daemon still seals with the old key, as during a change of the key file.
        vaults.append(try await Self.open(stores[1], Self.first, Self.second))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, vault) in vaults.enumerated() {
                for task in 0..<2 {
                    let random = SeededRandom(seed: seed * 100 + UInt64(index * 10 + task))
                    let steps = (0..<40).map { _ in (Int(random.next() % 3) + 1, random.next() % 2 == 0) }
                    group.addTask {
                        for (step, (number, puts)) in steps.enumerated() {
                            if puts {
                                try await vault.put(Secret("n\(number) \(index) \(step)"), as: Self.reference(number))
                            } else {
                                let value = try await vault.open(Self.reference(number)).reveal()
                                #expect(value.hasPrefix("n\(number) "))
                            }
                        }
                    }
                }
            }
            for vault in vaults.prefix(Self.daemonCount) {
                group.addTask {
                    for _ in 0..<5 {
                        var cursor: SecretVersionReference?
                        repeat { cursor = try await vault.rewrap(after: cursor).last } while cursor != nil
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await vaults[0].rewrap(after: nil).failures.isEmpty)
        #expect(try await vaults[0].versionsUnderFormerKeys().isEmpty)
        // The old line of the key file can go.
        let later = try await Self.open(stores[1], Self.second)
        for number in 1...3 {
            let secret = try #require(try await stores[0].secret(Self.reference(number)))
            let oldest = max(1, secret.currentVersion - SecretRecord.versionsAtMost + 1)
            for version in oldest...secret.currentVersion {
                let value = try await later.open(Self.reference(number), version: version).reveal()
                #expect(value.hasPrefix("n\(number) "))
            }
        }
    }

    /// Many callers set one secret at the same time. Each of them gets a version of its own.
    @Test(arguments: StoreUnderTest.all) func concurrentPutsAreTriedAgain(_ subject: StoreUnderTest) async throws {
        let stores = try await stores(subject)
        var vaults: [Vault] = []
        for store in stores { vaults.append(try await Self.open(store, Self.first)) }
        let versions = try await withThrowingTaskGroup(of: Int.self) { [vaults] group in
            for writer in 0..<6 {
                group.addTask {
                    try await vaults[writer % 2].put(Secret("value \(writer)"), as: Self.reference(1)).currentVersion
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(versions.sorted() == Array(1...6))
        let value = try await vaults[1].open(Self.reference(1)).reveal()
        #expect(value.hasPrefix("value "))
    }

    /// Two daemons start on a new database at the same time, with different keys of one name: one of them refuses.
    @Test(arguments: StoreUnderTest.all) func theFirstCanaryWins(_ subject: StoreUnderTest) async throws {
        let stores = try await stores(subject)
        let wrong = Self.second.replacing(" k2 ", with: " k1 ")
        let started = await withTaskGroup(of: Bool.self) { group in
            for (store, line) in zip(stores, [Self.first, wrong]) {
                group.addTask { (try? await Self.open(store, line)) != nil }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(started.count { $0 } == 1)
    }
}

/// The owner of the installation's secrets, which is no tenant.
@Suite(.timeLimit(.minutes(2))) struct InstallationConformance {
    private static let key = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    @Test(arguments: StoreUnderTest.all) func itsSecretsMakeNoTenant(_ subject: StoreUnderTest) async throws {
        let place = try StorePlace()
        let store = ProbedStore(try await subject.open(place), keeping: place)
        let before = try await store.identities()
        let vault = try #require(
            try await Vault.open(
                store, keys: MasterKeys(Self.key), installation: store.installation, time: SystemTime()))
        let secrets = InstallationVault(vault)
        for value in ["a", "b"] { try await secrets.put(Secret(value), as: "machine.1") }
        #expect(try await secrets.insert(Secret("c"), as: "machine.1") == false)
        #expect(try await secrets.insert(Secret("c"), as: "hetzner.token") == true)
        #expect(try await secrets.open("machine.1")?.reveal() == "b")
        let after = try await store.identities()
        #expect(after.tenants == before.tenants && after.changes == before.changes)
        #expect(
            try await secrets.list(after: nil, limit: 10).rows.map(\.reference.name) == ["hetzner.token", "machine.1"])
        let record = TenantRecord(id: Tenant.installation, createdAt: SystemTime().now())
        await #expect(throws: StorageError.self) { try await store.write(.createTenant(record)) }
        await #expect(throws: StorageError.self) {
            try await store.write(.setTenant(Tenant.installation, isEnabled: true, quota: nil))
        }
        // The tenants' list begins after them, in the order of the database.
        try await vault.put(Secret("v"), as: SecretReference(tenant: Tenant.default, name: "0"))
        #expect(try await vault.list(SecretQuery(scope: .all)).rows.map(\.reference.name) == ["0"])
        try await secrets.delete("machine.1")
        try await secrets.delete("hetzner.token")
        #expect(try await secrets.open("machine.1") == nil)
        #expect(try await store.secrets(SecretQuery(scope: .all)).rows.count == 1)
    }

    /// Two daemons import the same credential at the same time: one of them inserts it.
    @Test(arguments: StoreUnderTest.all) func oneOfTwoImportsInserts(_ subject: StoreUnderTest) async throws {
        let place = try StorePlace()
        let store = ProbedStore(try await subject.open(place), keeping: place)
        let vault = try #require(
            try await Vault.open(
                store, keys: MasterKeys(Self.key), installation: store.installation, time: SystemTime()))
        let inserted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<4 {
                group.addTask { try await InstallationVault(vault).insert(Secret("\(number)"), as: "hetzner.token") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(inserted.count { $0 } == 1)
    }
}
