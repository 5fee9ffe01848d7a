import AuraModel
import Locking
import Storage
import TestKit
import Testing

@testable import Vault
@testable import VaultKeys

/// The rows of secrets as somebody changes them who can write to the database and has no key.
@Suite(.timeLimit(.minutes(1))) struct SecretRowTests {
    private static let first = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let second = "aura-key-1 k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
    private static let token = SecretReference(tenant: Tenant.default, name: "hetzner.token")

    /// Sets a value, and returns true if it is opened after this change of its row.
    private func opens(
        _ reference: SecretReference = token, _ change: @escaping @Sendable (inout SecretVersionRecord) -> Void
    ) async throws -> Bool {
        let store = ModelStore()
        let keys = try MasterKeys("\(Self.first)\n\(Self.second)")
        let vault = try #require(try await Vault.open(store, keys: keys, installation: "i-1", time: ManualTime()))
        try await vault.set(Secret("planted"), as: reference)
        let changed = Vault(
            store: ChangedStore(base: store, change: change), keys: keys, installation: "i-1", time: ManualTime())
        do {
            let value = try await changed.value(of: reference).reveal()
            #expect(value == "planted", "another value was opened")
            return true
        } catch VaultError.unusable {
            return false
        }
    }

    @Test func anUnchangedRowIsOpened() async throws {
        #expect(try await opens { _ in })
    }

    /// The columns that a program reads for an order or a list, and that decide nothing.
    @Test func theTimesAndTheAuthorsAreNotAuthenticated() async throws {
        #expect(
            try await opens {
                $0.createdAt = Timestamp(milliseconds: 1)
                $0.createdBy = PrincipalID("uid:1")
                $0.change = ChangeID("c")
            })
    }

    /// Each bit of the columns with bytes, which are drawn anew for each row.
    @Test func aRowWithAChangedBitIsNotOpened() async throws {
        let columns: [@Sendable (inout SecretVersionRecord, Int) -> Bool] = [
            { Self.flip(&$0.wrapNonce, $1) }, { Self.flip(&$0.wrapped, $1) }, { Self.flip(&$0.nonce, $1) },
            { Self.flip(&$0.ciphertext, $1) },
        ]
        for column in columns {
            for bit in 0..<400 {
                let isChanged = Locked(false)
                let isOpened = try await opens { record in
                    let flipped = column(&record, bit)
                    isChanged.withLock { $0 = flipped }
                }
                guard isChanged.withLock({ $0 }) else { break }
                #expect(!isOpened, "bit \(bit)")
            }
        }
    }

    private static func flip(_ bytes: inout [UInt8], _ bit: Int) -> Bool {
        guard bit / 8 < bytes.count else { return false }
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return true
    }

    /// Each bit of the columns with text, the number and the class: the row was moved.
    @Test(arguments: [token, SecretReference(tenant: Tenant.installation, name: "machine.a-g1")])
    func aRowThatWasMovedIsNotOpened(_ reference: SecretReference) async throws {
        for bit in 0..<64 {
            #expect(try await !opens(reference) { $0.reference.version ^= 1 << bit }, "version, bit \(bit)")
        }
        for bit in 0..<reference.name.utf8.count * 8 where bit % 8 < 7 {
            #expect(
                try await !opens(reference) { $0.reference.secret.name = Self.flipped($0.reference.secret.name, bit) },
                "name, bit \(bit)")
        }
        for bit in 0..<reference.tenant.text.utf8.count * 8 where bit % 8 < 7 {
            #expect(
                try await !opens(reference) { record in
                    record.reference.secret.tenant = TenantID(Self.flipped(record.reference.secret.tenant.text, bit))
                }, "tenant, bit \(bit)")
        }
        for bit in 0..<7 { #expect(try await !opens(reference) { $0.keyID = Self.flipped($0.keyID, 8 + bit) }) }
        // A key that the file has, and another one than that of the row.
        #expect(try await !opens(reference) { $0.keyID = "k2" })
        #expect(try await !opens(reference) { $0.secretClass = .exportable })
    }

    /// Returns the ASCII text with one bit changed.
    private static func flipped(_ text: String, _ bit: Int) -> String {
        var bytes = Array(text.utf8)
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return String(decoding: bytes, as: UTF8.self)
    }
}
