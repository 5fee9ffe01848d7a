import AuraModel
import Crypto
import TestKit
import Testing

@testable import Vault
@testable import VaultKeys

private let first = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
private let second = "aura-key-1 k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
private let address = SecretAddress(
    installation: "i-1", tenant: "alice", name: "hetzner.token", version: 1, secretClass: .sealed)

@Suite struct EnvelopeTests {
    private let value = Array("planted-secret".utf8)
    private let envelope: Envelope

    init() throws {
        envelope = Envelope(try MasterKeys(first))
    }

    @Test func aSealedValueIsOpenedAsItWas() throws {
        let sealed = try envelope.seal(value, for: address)
        #expect(try envelope.open(sealed, for: address) == value)
        #expect(try envelope.open(envelope.seal([], for: address), for: address).isEmpty)
        #expect((sealed.keyID, sealed.wrapped.count, sealed.ciphertext.count) == ("k1", 48, value.count + 16))
    }

    /// Each version has a data key and nonces of its own.
    @Test func theSameValueIsSealedDifferentlyEachTime() throws {
        let (one, other) = (try envelope.seal(value, for: address), try envelope.seal(value, for: address))
        #expect(one.ciphertext != other.ciphertext && one.wrapped != other.wrapped)
        #expect(one.nonce != other.nonce && one.wrapNonce != other.wrapNonce)
    }

    /// Each bit of each column.
    @Test func aChangedBitIsFound() throws {
        let sealed = try envelope.seal(value, for: address)
        let columns: [WritableKeyPath<SealedSecret, [UInt8]>] = [\.wrapNonce, \.wrapped, \.nonce, \.ciphertext]
        for column in columns {
            for bit in 0..<sealed[keyPath: column].count * 8 {
                var changed = sealed
                changed[keyPath: column][bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(throws: Envelope.Failure.cannotOpen("k1")) { try envelope.open(changed, for: address) }
            }
            for count in [0, 1, 11, 15, 16] {
                var short = sealed
                short[keyPath: column] = Array(short[keyPath: column].prefix(count))
                guard short != sealed else { continue }
                #expect(throws: Envelope.Failure.self) { try envelope.open(short, for: address) }
            }
        }
    }

    @Test func aRowThatWasMovedCannotBeOpened() throws {
        let sealed = try envelope.seal(value, for: address)
        let changes: [(inout SecretAddress) -> Void] = [
            { $0.installation = "i-2" }, { $0.tenant = "bob" }, { $0.name = "hetzner" }, { $0.version = 2 },
            { $0.secretClass = .exportable },
            // The lengths of the parts are authenticated, so that no two addresses run together.
            {
                $0.tenant = "alic"
                $0.name = "ehetzner.token"
            },
        ]
        for change in changes {
            var other = address
            change(&other)
            #expect(throws: Envelope.Failure.cannotOpen("k1")) { try envelope.open(sealed, for: other) }
            #expect(throws: Envelope.Failure.cannotOpen("k1")) { try envelope.rewrap(sealed, for: other) }
        }
    }

    /// The columns of two rows are exchanged with one another.
    @Test func columnsOfAnotherVersionDoNotFit() throws {
        let sealed = try envelope.seal(value, for: address)
        let other = try envelope.seal(value, for: address)
        var mixed = sealed
        (mixed.nonce, mixed.ciphertext) = (other.nonce, other.ciphertext)
        #expect(throws: Envelope.Failure.cannotOpen("k1")) { try envelope.open(mixed, for: address) }
    }

    @Test func aKeyIsReplacedWithoutTouchingTheValue() throws {
        let sealed = try envelope.seal(value, for: address)
        let both = Envelope(try MasterKeys("\(second)\n\(first)"))
        #expect(try both.open(sealed, for: address) == value)
        let rewrapped = try both.rewrap(sealed, for: address)
        #expect((rewrapped.keyID, rewrapped.nonce, rewrapped.ciphertext) == ("k2", sealed.nonce, sealed.ciphertext))
        let onlySecond = Envelope(try MasterKeys(second))
        #expect(try onlySecond.open(rewrapped, for: address) == value)
        #expect(throws: Envelope.Failure.missingKey("k1")) { try onlySecond.open(sealed, for: address) }
    }

    @Test func anotherKeyOfTheSameNameOpensNothing() throws {
        let sealed = try envelope.seal(value, for: address)
        let wrong = Envelope(try MasterKeys(second.replacing(" k2 ", with: " k1 ")))
        #expect(throws: Envelope.Failure.cannotOpen("k1")) { try wrong.open(sealed, for: address) }
    }

    /// The format of the database: a change of the associated data, of a purpose or of an algorithm would make every
    /// stored secret unreadable. Computed independently with Python's `cryptography`.
    @Test func aSecretOfAnEarlierVersionIsOpened() throws {
        let sealed = SealedSecret(
            keyID: "k1", wrapNonce: Array(0..<12),
            wrapped: bytes(
                "cf6298c444d1b52fcf5a88feb28b8809314b756e6be65a393c883d9a20233fc1900bb1dbe82948724828ef7df80203c6"),
            nonce: Array(12..<24), ciphertext: bytes("e433f41bfcb2810263ecb60c9d3ac19e4a4c738f5ae15b76b339e5e47be7"))
        #expect(try envelope.open(sealed, for: address) == value)
    }

    @Test func aValueHasABoundedLength() throws {
        let longest = [UInt8](repeating: 7, count: Envelope.valueLimitBytes)
        #expect(try envelope.open(envelope.seal(longest, for: address), for: address) == longest)
        #expect(throws: Envelope.Failure.tooLong) { try envelope.seal(longest + [7], for: address) }
    }
}

@Suite struct MasterKeysTests {
    @Test func theFirstLineIsCurrent() throws {
        let keys = try MasterKeys("# made on Monday\n\n\(second)\r\n  \(first)\n")
        #expect(keys.ids == ["k2", "k1"])
        #expect(keys.current == "k2")
    }

    @Test func aNewLineIsAKey() throws {
        let (one, other) = (MasterKeys.newLine(id: "a1"), MasterKeys.newLine(id: "b1"))
        #expect(try MasterKeys("\(one)\n\(other)").ids == ["a1", "b1"])
        #expect(one.dropFirst(14) != other.dropFirst(14))
    }

    @Test(arguments: [
        ("", "it has no key"), ("# nothing\n", "it has no key"),
        (first.replacing("aura-key-1", with: "aura-key-2"), "line 1"), ("\n" + first + " more", "line 2"),
        (first.replacing(" k1 ", with: " K1 "), "line 1"), (first.replacing("AAEC", with: "AAE"), "line 1"),
        // A lenient decoder takes this spelling of the same bytes.
        (first.replacing("Hh8=", with: "Hh9="), "line 1"),
        (first + "\n" + second.replacing(" k2 ", with: " k1 "), "line 2 of the key file: another line has the same"),
        ("aura-key-1 k1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "all bytes of the key are equal"),
    ])
    func aFileThatIsNotUsableIsRefusedWithItsLine(_ text: String, _ words: String) {
        let error = #expect(throws: KeyFileError.self) { try MasterKeys(text) }
        let message = error?.description ?? ""
        #expect(message.contains(words), "\(message)")
        #expect(!message.contains("AAECAwQF"))
    }

    /// Computed independently with Python's `cryptography`.
    @Test(arguments: [
        (MasterKey.Purpose.keyEncryption, "80eb8e1cd0420a42a3c05ca92cbd14f0895cde320577b470bc049e44f2ef6dfc"),
        (.tokens, "5c38a196836cd37d697dae1606bff0083dd22e6b2e6f481960508e404354ffee"),
        (.callbacks, "4f51e59fe43e2cebc2cac33bf472e882402e6309cf84dc9e2a92c4656d69b179"),
        (.audit, "0b20c1972d169f87ad2e969a236dd25364ca72271c9a8fc0508febf0bbe27b94"),
    ])
    func derivedKeysNeverChange(_ purpose: MasterKey.Purpose, _ expected: String) throws {
        let key = try #require(try MasterKeys(first)["k1"])
        let derived = key.derived(for: purpose, installation: "i-1")
        #expect(derived.withUnsafeBytes { Array($0) } == bytes(expected))
    }

    /// The keys for different purposes and installations have nothing in common.
    @Test func eachPurposeAndInstallationHasAKeyOfItsOwn() throws {
        let key = try #require(try MasterKeys(first)["k1"])
        let derived = ["i-1", "i-2"].flatMap { installation in
            [MasterKey.Purpose.keyEncryption, .tokens, .callbacks, .audit].map {
                key.derived(for: $0, installation: installation).withUnsafeBytes { Array($0) }
            }
        }
        #expect(Set(derived).count == derived.count)
    }
}

private func bytes(_ hex: String) -> [UInt8] {
    var digits = hex[...]
    var bytes: [UInt8] = []
    while let byte = UInt8(digits.prefix(2), radix: 16) {
        bytes.append(byte)
        digits = digits.dropFirst(2)
    }
    return bytes
}
