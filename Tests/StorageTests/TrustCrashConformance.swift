import AuraModel
import Foundation
import Storage
import StorageSQLite
import TestKit
import Testing
import VaultKeys

@testable import Vault

/// Changes of identities and secrets with a crash at every boundary: before and after each transaction.
///
/// A change and its entry of the audit are both there or both missing, the chain of the audit is whole, a revoked token
/// stays revoked, and each secret opens.
@Suite(.timeLimit(.minutes(5))) struct TrustCrashConformance {
    /// One daemon's life ends.
    private struct Crash: Error {}

    /// A client's changes, in their order, in as many lives of a daemon as needed.
    private struct Story {
        private static let keys = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        private static let reference = SecretReference(tenant: Tenant.default, name: "s")

        private enum Step: Sendable {
            /// The method, the object and the change.
            case write(String, String, IdentityChange)
            case set, delete
        }

        /// A fault that is built in on purpose, to show that the checks find it: the entry of a change of identities is
        /// written by a transaction of its own.
        let splitsEntries: Bool
        /// The boundaries of the present life.
        private(set) var boundaries = 0
        /// The number of changes that were made and acknowledged.
        private(set) var done = 0

        /// The mark of a change is its number.
        private let steps: [Step] = {
            let (first, second) = (Sample.token(1), Sample.token(2))
            func set(_ mark: Int) -> Step {
                let change = PrincipalChange(scopes: [AuditReplay.text(ofMark: mark)])
                return .write("principal.set", Sample.ada.text, .setPrincipal(Sample.ada, change))
            }
            return [
                .write("token.create", AuditReplay.name(first.id), .createToken(first)), set(2), .set,
                .write("token.revoke", AuditReplay.name(first.id), .revokeToken(first.id, at: start)), .set,
                .write("token.create", AuditReplay.name(second.id), .createToken(second)), .delete, .set, set(9),
                .write(
                    "tenant.set", "alice",
                    .setTenant(Sample.alice, isEnabled: nil, quota: TenantQuota(liveInstances: 10))
                ),
                .write("token.revoke", AuditReplay.name(second.id), .revokeToken(second.id, at: start)),
            ]
        }()

        init(splitsEntries: Bool = false) {
            self.splitsEntries = splitsEntries
        }

        /// Makes what all changes need.
        func prepare(_ store: any Store) async throws {
            _ = try await store.write(.createTenant(Sample.tenant("alice")))
            _ = try await store.write(.createPrincipal(Sample.principal(1)))
            _ = try await Self.vault(store)
        }

        /// Makes the changes that were not acknowledged yet, and throws `Crash` at a boundary. After it, the client gives
        /// up on the change that was interrupted unless `repeats` is true.
        mutating func live(_ store: any Store, until crash: Int?, repeats: Bool) async throws {
            boundaries = 0
            while done < steps.count {
                let mark = done + 1
                if !repeats { done += 1 }
                try pass(crash)
                try await make(steps[mark - 1], mark, store, crash)
                try pass(crash)
                done = mark
            }
        }

        private mutating func pass(_ crash: Int?) throws {
            boundaries += 1
            if boundaries == crash { throw Crash() }
        }

        private mutating func make(_ step: Step, _ mark: Int, _ store: any Store, _ crash: Int?) async throws {
            switch step {
            case .write(let method, let object, let change):
                let draft = AuditReplay.draft(method, object, mark: mark, at: start)
                do throws(StorageError) {
                    _ = try await store.write(change, audit: splitsEntries ? nil : draft)
                } catch {
                    // The creation of the token was given up.
                    guard error.code == .tokenNotFound else { throw error }
                    return
                }
                guard splitsEntries else { return }
                try pass(crash)
                try await store.appendAudit([draft])
            case .set:
                _ = try await Self.vault(store).put(
                    Secret("value \(mark)"), as: Self.reference, change: ChangeID(AuditReplay.text(ofMark: mark)),
                    audit: AuditReplay.draft("secret.set", "s", mark: mark, at: start))
            case .delete:
                let vault = try await Self.vault(store)
                do throws(VaultError) {
                    let draft = AuditReplay.draft("secret.delete", "s", mark: mark, at: start)
                    try await vault.delete(Self.reference, audit: draft)
                } catch {
                    // It was deleted before the crash, or an earlier change was given up.
                    guard case .noSecret = error else { throw error }
                }
            }
        }

        /// Returns the rules that are broken. A token that the audit says is revoked is a difference if its row is not.
        func violations(_ store: any Store) async throws -> [String] {
            var found = try await store.auditDifferences()
            let vault = try await Self.vault(store)
            do throws(VaultError) {
                _ = try await vault.open(Self.reference)
            } catch {
                if case .noSecret = error { return found }
                found.append("the secret does not open: \(error)")
            }
            return found
        }

        static func vault(_ store: any Store) async throws -> Vault {
            let keys = try MasterKeys(keys)
            let time = ManualTime(milliseconds: start.milliseconds)
            return try #require(
                try await Vault.open(store, keys: keys, installation: store.installation, time: time))
        }
    }

    private static let subjects = StoreUnderTest.all.filter { $0.testDescription != "postgres, unprepared" }

    /// Opens a place again. The lock of the former store may outlive its scope for a moment.
    private static func reopen(_ subject: StoreUnderTest, _ place: StorePlace) async throws -> any Store {
        for _ in 0..<200 {
            if let store = try? await subject.open(place) { return store }
            try await Task.sleep(for: .milliseconds(10))
        }
        return try await subject.open(place)
    }

    /// Lives a story with one crash; returns the broken rules after the crash and at the end.
    private static func violations(
        _ subject: StoreUnderTest, crash: Int, repeats: Bool, splitsEntries: Bool = false
    ) async throws -> [String] {
        let place = try StorePlace()
        var story = Story(splitsEntries: splitsEntries)
        do {
            let store = try await subject.open(place)
            try await story.prepare(store)
            do {
                try await story.live(store, until: crash, repeats: repeats)
                Issue.record("there is no boundary \(crash)")
            } catch is Crash {}
        }
        let store = try await reopen(subject, place)
        var found = try await story.violations(store)
        try await story.live(store, until: nil, repeats: true)
        found += try await story.violations(store)
        try await AuditConformance.verified(store)
        return found
    }

    /// Lives a whole story; returns its boundaries.
    private static func boundaries(_ store: any Store, splitsEntries: Bool = false) async throws -> Int {
        var story = Story(splitsEntries: splitsEntries)
        try await story.prepare(store)
        try await story.live(store, until: nil, repeats: true)
        #expect(try await story.violations(store) == [])
        return story.boundaries
    }

    /// After the crash, the client repeats the change that was interrupted, or gives up on it.
    @Test(arguments: subjects, [true, false])
    func aCrashAtAnyBoundaryKeepsChangesAndEntriesTogether(_ subject: StoreUnderTest, _ repeats: Bool) async throws {
        let boundaries = try await Self.boundaries(subject.openNew())
        #expect(boundaries == 22)
        for crash in 1...boundaries {
            let found = try await Self.violations(subject, crash: crash, repeats: repeats)
            #expect(found == [], "crash at \(crash)")
        }
    }

    /// Entries that are written by a transaction of their own are found, or the test above would prove nothing.
    @Test(arguments: subjects) func anEntryOfItsOwnTransactionIsFound(_ subject: StoreUnderTest) async throws {
        let boundaries = try await Self.boundaries(subject.openNew(), splitsEntries: true)
        #expect(boundaries == 29)
        var found = 0
        for crash in 1...boundaries {
            let broken = try await Self.violations(subject, crash: crash, repeats: false, splitsEntries: true)
            found += broken.isEmpty ? 0 : 1
        }
        // Once for each of the changes of identities.
        #expect(found == 7)
    }

    /// A power cut leaves any beginning of SQLite's write-ahead log. Each beginning has whole changes only.
    @Test(arguments: [false, true]) func aPowerCutAtAnyFrameKeepsChangesAndEntriesTogether(_ splitsEntries: Bool)
        async throws
    {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        let store = try SQLiteStore(path: path, kinds: .test, installation: "installation-1")
        var story = Story(splitsEntries: splitsEntries)
        try await story.prepare(store)
        func log() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path + "-wal"))) }
        let before = try log().count
        try await story.live(store, until: nil, repeats: true)
        let (database, whole) = (try Data(contentsOf: URL(filePath: path)), try log())
        let frame = 4096 + 24
        #expect(whole.count > before + 30 * frame && (whole.count - 32).isMultiple(of: frame))
        var (cuts, broken) = (0, 0)
        for length in stride(from: before, through: whole.count, by: frame / 2) {
            let copy = try TemporaryDirectory()
            try database.write(to: URL(filePath: copy.file("aura.db")))
            try Data(whole[..<length]).write(to: URL(filePath: copy.file("aura.db-wal")))
            let found = try SQLiteStore(path: copy.file("aura.db"), kinds: .test, installation: "installation-1")
            broken += try await story.violations(found).isEmpty ? 0 : 1
            try await AuditConformance.verified(found)
            cuts += 1
        }
        #expect(cuts > 60)
        #expect((broken > 0) == splitsEntries, "\(broken) of \(cuts) cuts")
    }
}
