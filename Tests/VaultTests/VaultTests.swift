import AuraModel
import Logging
import Storage
import TestKit
import Testing

@testable import Vault
@testable import VaultKeys

private let first = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
private let second = "aura-key-1 k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
private let token = SecretReference(tenant: Tenant.default, name: "hetzner.token")

private func open(_ store: any SecretStore, _ lines: String...) async throws -> Vault {
    let keys = try MasterKeys(lines.joined(separator: "\n"))
    return try #require(try await Vault.open(store, keys: keys, installation: "i-1", time: ManualTime()))
}

/// Returns the text of the error that a start with these keys throws.
private func refusal(_ store: any SecretStore, _ lines: String...) async throws -> String {
    let keys = lines.isEmpty ? nil : try MasterKeys(lines.joined(separator: "\n"))
    let error = await #expect(throws: VaultStartError.self) {
        try await Vault.open(store, keys: keys, installation: "i-1", time: ManualTime())
    }
    return error?.description ?? ""
}

/// Runs `body`, and returns its error.
private func failure(_ body: () async throws(VaultError) -> Void) async -> VaultError? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}

@Suite struct VaultTests {
    private let store = ModelStore()

    @Test func aValueIsOpenedAsItWasSet() async throws {
        let vault = try await open(store, first)
        let made = try await vault.put(Secret("planted"), as: token, by: PrincipalID("uid:0"))
        #expect((made.currentVersion, made.secretClass) == (1, .sealed))
        #expect(try await vault.open(token).reveal() == "planted")
        #expect(try await vault.put(Secret("ä\u{0}\n"), as: token).currentVersion == 2)
        #expect(try await vault.open(token).reveal() == "ä\u{0}\n")
        #expect(try await vault.open(token, version: 1).reveal() == "planted")
        #expect(try await store.secretVersion(token, version: 1)?.createdBy == PrincipalID("uid:0"))
        try await vault.delete(token)
        guard case .noSecret = await failure({ () async throws(VaultError) in _ = try await vault.open(token) }) else {
            Issue.record("a deleted secret was opened")
            return
        }
    }

    @Test func onlyAnExportableSecretIsRevealed() async throws {
        let vault = try await open(store, first)
        try await vault.put(Secret("a"), as: token, class: .exportable)
        #expect(try await vault.reveal(token).value.reveal() == "a")
        // A secret keeps its class unless another one is given.
        #expect(try await vault.put(Secret("b"), as: token).secretClass == .exportable)
        #expect(try await vault.reveal(token).secret.currentVersion == 2)
        try await vault.put(Secret("c"), as: token, class: .sealed)
        guard case .sealed = await failure({ () async throws(VaultError) in _ = try await vault.reveal(token) }) else {
            Issue.record("a sealed secret was revealed")
            return
        }
        let back = await failure { () async throws(VaultError) in
            try await vault.put(Secret("d"), as: token, class: .exportable)
        }
        guard case .staysSealed = back else {
            Issue.record("a sealed secret became exportable: \(String(describing: back))")
            return
        }
        #expect(try await vault.open(token).reveal() == "c")
    }

    /// The class of the secret's row is not encrypted. Somebody who can write to the database changes it, and the class
    /// of the version too.
    @Test func aChangedClassInTheDatabaseRevealsNothing() async throws {
        let vault = try await open(store, first)
        try await vault.put(Secret("planted"), as: token)
        let changed = ChangedStore(base: store, secret: .exportable, version: nil)
        let onlySecret = try await open(changed, first)
        guard case .sealed = await failure({ () async throws(VaultError) in _ = try await onlySecret.reveal(token) })
        else {
            Issue.record("the value was revealed")
            return
        }
        let both = try await open(ChangedStore(base: store, secret: .exportable, version: .exportable), first)
        guard
            case .unusable(_, .cannotOpen("k1")) = await failure({ () async throws(VaultError) in
                _ = try await both.reveal(token)
            })
        else {
            Issue.record("the value was revealed")
            return
        }
    }

    @Test(arguments: ["a", "A", "0", "hetzner.token", "a_b-c.d", String(repeating: "x", count: 128)])
    func aNameIsAccepted(_ name: String) {
        #expect(Vault.isName(name))
    }

    @Test(arguments: [
        "", ".a", "-a", "_a", "a b", "a/b", "a\u{0}", "\u{e9}", "a\n", String(repeating: "x", count: 129),
    ])
    func aNameIsRefused(_ name: String) async throws {
        let vault = try await open(store, first)
        let error = await failure { () async throws(VaultError) in
            try await vault.put(Secret("v"), as: SecretReference(tenant: Tenant.default, name: name))
        }
        guard case .invalidName = error else {
            Issue.record("\(name) was accepted")
            return
        }
    }

    @Test func aValueHasABoundedLength() async throws {
        let vault = try await open(store, first)
        let longest = String(repeating: "x", count: Envelope.valueLimitBytes)
        try await vault.put(Secret(longest), as: token)
        #expect(try await vault.open(token).reveal() == longest)
        for value in ["", longest + "x", String(repeating: "ä", count: Envelope.valueLimitBytes / 2) + "x"] {
            let error = await failure { () async throws(VaultError) in try await vault.put(Secret(value), as: token) }
            guard case .invalidLength = error else {
                Issue.record("\(value.utf8.count) bytes were accepted")
                continue
            }
        }
    }

    @Test func aTenantHasABoundedNumberOfSecrets() async throws {
        let vault = try await open(store, first)
        for number in 1...Vault.secretsPerTenant {
            try await vault.put(Secret("v"), as: SecretReference(tenant: Tenant.default, name: "n\(number)"))
        }
        let error = await failure { () async throws(VaultError) in try await vault.put(Secret("v"), as: token) }
        guard case .storage(let error) = error, error.code == .quotaExceeded else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

/// The proof at the start that the keys are the right ones.
@Suite struct VaultStartTests {
    private let store = ModelStore()

    @Test func aDaemonWithoutKeysStartsUnlessThereAreSecrets() async throws {
        #expect(try await Vault.open(store, keys: nil, installation: "i-1", time: ManualTime()) == nil)
        // A canary alone needs no key.
        let vault = try await open(store, first)
        #expect(try await Vault.open(store, keys: nil, installation: "i-1", time: ManualTime()) == nil)
        try await vault.put(Secret("v"), as: token)
        #expect(
            try await refusal(store)
                == "cannot start without a key file, secrets in the database need the key k1: restore the key file from "
                + "its backup and name it in vault.keyFile")
    }

    @Test func aWrongKeyStopsTheStart() async throws {
        let vault = try await open(store, first)
        let wrong = second.replacing(" k2 ", with: " k1 ")
        let words =
            "cannot start, the key file has another key k1 than the one of this database: restore the line k1 of the key "
            + "file from its backup, and give a new key another name"
        #expect(try await refusal(store, wrong) == words)
        #expect(try await refusal(store, second, wrong) == words)
        try await vault.put(Secret("v"), as: token)
        #expect(try await refusal(store, wrong) == words)
        // Nothing was replaced.
        #expect(try await open(store, first).open(token).reveal() == "v")
    }

    @Test func aMissingKeyStopsTheStartOnlyIfASecretNeedsIt() async throws {
        _ = try await open(store, first)
        let vault = try await open(store, second)
        try await vault.put(Secret("v"), as: token)
        #expect(
            try await refusal(store, first)
                == "cannot start, the key file lacks the key k2, which secrets in the database need: restore the lines of "
                + "the key file from its backup")
        _ = try await open(store, second, first)
    }

    @Test func aLostCanaryStopsTheStart() async throws {
        try await open(store, first).put(Secret("v"), as: token)
        #expect(
            try await refusal(ChangedStore(base: store, hidesCanaries: true), first).contains("has lost its canary"))
    }

    /// The canary is a part of the format of the database.
    @Test func aCanaryFitsOneKeyOfOneInstallation() throws {
        let (keys, others) = (try MasterKeys(first), try MasterKeys(second.replacing(" k2 ", with: " k1 ")))
        let envelope = Envelope(keys)
        var canary = envelope.canary(of: keys.all[0], installation: "i-1")
        #expect((canary.keyID, canary.nonce.count, canary.ciphertext.count) == ("k1", 12, 13 + 16))
        #expect(envelope.isRight(keys.all[0], for: canary, installation: "i-1"))
        #expect(!envelope.isRight(keys.all[0], for: canary, installation: "i-2"))
        #expect(!envelope.isRight(others.all[0], for: canary, installation: "i-1"))
        canary.ciphertext[0] ^= 1
        #expect(!envelope.isRight(keys.all[0], for: canary, installation: "i-1"))
    }
}

@Suite(.timeLimit(.minutes(1))) struct VaultRotationTests {
    private let store = ModelStore()
    private let time = ManualTime()

    private func rotation(_ vault: Vault) -> VaultRotation {
        VaultRotation(vault: vault, time: time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// More versions than a page has.
    @Test func allVersionsAreWrappedUnderTheFirstKey() async throws {
        let former = try await open(store, first)
        let names = (1...30).map { SecretReference(tenant: Tenant.default, name: "n\($0)") }
        for version in 1...18 {
            for name in names { try await former.put(Secret("\(name.name)-\(version)"), as: name) }
        }
        let vault = try await open(store, second, first)
        let rotation = rotation(vault)
        async let next = rotation.rotate()
        try await time.sleepers(atLeast: 1)
        #expect(try await store.versionCounts() == ["k1": 40, "k2": 500])
        // Values are opened in the middle of the rotation.
        for name in names { #expect(try await vault.open(name).reveal() == "\(name.name)-18") }
        time.advance(by: VaultRotation.pause)
        #expect(await next == VaultRotation.interval)
        #expect(try await store.versionCounts() == ["k2": 540])
        #expect(try await vault.versionsUnderFormerKeys().isEmpty)
        let later = try await open(store, second)
        for name in names {
            #expect(try await later.open(name, version: 1).reveal() == "\(name.name)-1")
            #expect(try await later.open(name).reveal() == "\(name.name)-18")
        }
        #expect(await rotation.rotate() == VaultRotation.interval)
    }

    @Test func aVersionThatCannotBeRewrappedIsLeft() async throws {
        let former = try await open(store, first)
        try await former.put(Secret("a"), as: token)
        let other = SecretReference(tenant: Tenant.default, name: "other")
        try await former.put(Secret("b"), as: other)
        // A version that was changed in the database.
        let record = try #require(try await store.secretVersion(other, version: 1))
        let damage = Rewrapping(
            reference: record.reference, oldWrapped: record.wrapped, keyID: "k1", wrapNonce: record.wrapNonce,
            wrapped: record.wrapped.reversed())
        #expect(try await store.rewrap([damage]) == 1)
        let vault = try await open(store, second, first)
        #expect(await rotation(vault).rotate() == VaultRotation.interval)
        #expect(try await store.versionCounts() == ["k1": 1, "k2": 1])
        #expect(try await vault.open(token).reveal() == "a")
    }

    @Test func anOutageOfTheDatabaseIsTriedAgain() async throws {
        try await open(store, first).put(Secret("a"), as: token)
        let vault = try await open(ChangedStore(base: store, failsRewraps: true), second, first)
        #expect(await rotation(vault).rotate() == VaultRotation.retryInterval)
        #expect(await rotation(try await open(store, second, first)).rotate() == VaultRotation.interval)
        #expect(try await store.versionCounts() == ["k2": 1])
    }
}

/// A database that somebody changed: rows with other classes, without canaries, or that cannot be written.
struct ChangedStore: SecretStore {
    let base: ModelStore
    var secret: SecretClass?
    var version: SecretClass?
    var hidesCanaries = false
    var failsRewraps = false
    var change: (@Sendable (inout SecretVersionRecord) -> Void)?

    func secret(_ reference: SecretReference) async throws(StorageError) -> SecretRecord? {
        var record = try await base.secret(reference)
        if let secret { record?.secretClass = secret }
        return record
    }

    func secrets(_ query: SecretQuery) async throws(StorageError) -> Page<SecretRecord> {
        try await base.secrets(query)
    }

    func secretVersion(
        _ reference: SecretReference, version number: Int?
    ) async throws(StorageError) -> SecretVersionRecord? {
        var record = try await base.secretVersion(reference, version: number)
        if let version { record?.secretClass = version }
        if var changed = record, let change {
            change(&changed)
            record = changed
        }
        return record
    }

    func putSecret(_ version: NewSecretVersion) async throws(StorageError) -> SecretRecord {
        try await base.putSecret(version)
    }

    func deleteSecret(_ reference: SecretReference, audit: AuditDraft?) async throws(StorageError) -> Bool {
        try await base.deleteSecret(reference, audit: audit)
    }

    func versionsToRewrap(
        keyID: String, after: SecretVersionReference?, limit: Int
    ) async throws(StorageError) -> Page<SecretVersionRecord> {
        try await base.versionsToRewrap(keyID: keyID, after: after, limit: limit)
    }

    func rewrap(_ changes: [Rewrapping]) async throws(StorageError) -> Int {
        if failsRewraps { throw StorageError(.unavailable, "the database is away") }
        return try await base.rewrap(changes)
    }

    func versionCounts() async throws(StorageError) -> [String: Int] { try await base.versionCounts() }

    func canary(keyID: String) async throws(StorageError) -> VaultCanary? {
        hidesCanaries ? nil : try await base.canary(keyID: keyID)
    }

    func putCanary(_ canary: VaultCanary) async throws(StorageError) -> VaultCanary {
        try await base.putCanary(canary)
    }
}
