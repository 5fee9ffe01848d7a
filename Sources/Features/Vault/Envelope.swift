public import AuraModel
import Crypto
import Locking
import Storage
public import VaultKeys

/// The identity of one version of a secret. Sealing binds the value to it, so that a row that was moved or renamed in
/// the database cannot be opened.
public struct SecretAddress: Sendable, Hashable {
    /// The id of the installation.
    public var installation: String
    /// The owner of the secret.
    public var tenant: String
    /// The name of the secret.
    public var name: String
    /// The version, from 1.
    public var version: Int
    /// Whether a method may return the value.
    public var secretClass: SecretClass

    /// Creates an address from its parts.
    public init(installation: String, tenant: String, name: String, version: Int, secretClass: SecretClass) {
        self.installation = installation
        self.tenant = tenant
        self.name = name
        self.version = version
        self.secretClass = secretClass
    }

    /// The associated data of the encryption: each part after its length in bytes, a big-endian number of 32 bits.
    func associatedData(keyID: String? = nil) -> [UInt8] {
        Envelope.associatedData(
            ["aura/secret/1", installation, tenant, name, String(version), secretClass.rawValue]
                + (keyID.map { [$0] } ?? []))
    }
}

/// The encrypted value of one version of a secret, as its row has it.
public struct SealedSecret: Sendable, Hashable {
    /// The name of the master key under which the data key is wrapped.
    public var keyID: String
    /// The nonce of the wrapping, 12 bytes.
    public var wrapNonce: [UInt8]
    /// The wrapped data key with its tag, 48 bytes.
    public var wrapped: [UInt8]
    /// The nonce of the value, 12 bytes.
    public var nonce: [UInt8]
    /// The value with its tag, 16 bytes more than the value.
    public var ciphertext: [UInt8]

    /// Creates a value from the columns of a row.
    public init(keyID: String, wrapNonce: [UInt8], wrapped: [UInt8], nonce: [UInt8], ciphertext: [UInt8]) {
        self.keyID = keyID
        self.wrapNonce = wrapNonce
        self.wrapped = wrapped
        self.nonce = nonce
        self.ciphertext = ciphertext
    }
}

/// Seals and opens secrets with the keys of the vault: AES-256-GCM with a data key for each version of a secret. The
/// data key is wrapped under a key that is derived from the master key.
public struct Envelope: Sendable {
    /// The longest value, in bytes.
    public static let valueLimitBytes = Secret.storedBytesAtMost

    /// A key of the file and an installation, for which a wrapping key is derived.
    private struct Derivation: Hashable {
        var keyID: String
        var installation: String
    }

    private let keys: MasterKeys
    /// The keys that wrap data keys. To derive one costs more than to open a value.
    private let wrappingKeys = Locked<[Derivation: SymmetricKey]>([:])

    /// Creates an envelope. The current key of `keys` seals; all of them open.
    public init(_ keys: MasterKeys) {
        self.keys = keys
    }

    /// The reason why a value cannot be sealed or opened.
    public enum Failure: Error, Hashable, CustomStringConvertible {
        /// The value is longer than ``Envelope/valueLimitBytes``.
        case tooLong
        /// The key file does not have the key of this name.
        case missingKey(String)
        /// The key file has another key of this name, or the row was changed or moved.
        case cannotOpen(String)

        /// The cause and the remedy.
        public var description: String {
            switch self {
            case .tooLong: "a secret has \(Envelope.valueLimitBytes) bytes at most"
            case .missingKey(let id):
                "the key file has no key \(id): restore the file from its backup, old lines included"
            case .cannotOpen(let id):
                "cannot open a secret with the key \(id): the key file has another key of this name, or the database was "
                    + "changed"
            }
        }
    }

    /// Encrypts a value under the current key.
    public func seal(_ value: [UInt8], for address: SecretAddress) throws(Failure) -> SealedSecret {
        guard value.count <= Self.valueLimitBytes else { throw .tooLong }
        let dataKey = SymmetricKey(size: .bits256)
        let (nonce, ciphertext) = Self.encrypt(value, dataKey, address.associatedData())
        let (wrapNonce, wrapped) = wrap(dataKey, address, keys.all[0])
        return SealedSecret(
            keyID: keys.current, wrapNonce: wrapNonce, wrapped: wrapped, nonce: nonce, ciphertext: ciphertext)
    }

    /// Decrypts a value. Throws `missingKey` or `cannotOpen`.
    public func open(_ sealed: SealedSecret, for address: SecretAddress) throws(Failure) -> [UInt8] {
        let dataKey = try unwrap(sealed, address)
        guard let value = Self.decrypt(sealed.nonce, sealed.ciphertext, dataKey, address.associatedData()) else {
            throw .cannotOpen(sealed.keyID)
        }
        return value
    }

    /// Wraps the data key under the current key. The value is not touched, and stays bound to its address.
    public func rewrap(_ sealed: SealedSecret, for address: SecretAddress) throws(Failure) -> SealedSecret {
        let dataKey = try unwrap(sealed, address)
        var rewrapped = sealed
        rewrapped.keyID = keys.current
        (rewrapped.wrapNonce, rewrapped.wrapped) = wrap(dataKey, address, keys.all[0])
        return rewrapped
    }

    private func wrap(
        _ dataKey: SymmetricKey, _ address: SecretAddress, _ key: MasterKey
    ) -> (nonce: [UInt8], ciphertext: [UInt8]) {
        Self.encrypt(
            dataKey.withUnsafeBytes { Array($0) },
            wrappingKey(key, address.installation),
            address.associatedData(keyID: key.id))
    }

    private func unwrap(_ sealed: SealedSecret, _ address: SecretAddress) throws(Failure) -> SymmetricKey {
        guard let key = keys[sealed.keyID] else { throw .missingKey(sealed.keyID) }
        let wrapping = wrappingKey(key, address.installation)
        let bytes = Self.decrypt(
            sealed.wrapNonce, sealed.wrapped, wrapping, address.associatedData(keyID: sealed.keyID))
        guard let bytes, bytes.count == MasterKey.byteCount else { throw .cannotOpen(sealed.keyID) }
        return SymmetricKey(data: bytes)
    }

    private func wrappingKey(_ key: MasterKey, _ installation: String) -> SymmetricKey {
        let derivation = Derivation(keyID: key.id, installation: installation)
        if let known = wrappingKeys.withLock({ $0[derivation] }) { return known }
        let new = key.derived(for: .keyEncryption, installation: installation)
        wrappingKeys.withLock { $0[derivation] = new }
        return new
    }

    /// Returns the bytes of the parts, each after its length in bytes, a big-endian number of 32 bits.
    static func associatedData(_ parts: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        for part in parts {
            withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: part.utf8)
        }
        return bytes
    }

    private static func encrypt(
        _ plain: [UInt8], _ key: SymmetricKey, _ associated: [UInt8]
    ) -> (nonce: [UInt8], ciphertext: [UInt8]) {
        // Encryption fails only for a key of another length.
        guard let box = try? AES.GCM.seal(plain, using: key, authenticating: associated) else {
            preconditionFailure("a key of 256 bits encrypts")
        }
        return (Array(box.nonce), Array(box.ciphertext + box.tag))
    }

    private static func decrypt(
        _ nonce: [UInt8], _ ciphertext: [UInt8], _ key: SymmetricKey, _ associated: [UInt8]
    ) -> [UInt8]? {
        guard nonce.count == 12, ciphertext.count >= 16, let number = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.SealedBox(
                nonce: number, ciphertext: ciphertext.dropLast(16), tag: ciphertext.suffix(16)),
            let plain = try? AES.GCM.open(box, using: key, authenticating: associated)
        else { return nil }
        return Array(plain)
    }
}

// MARK: - Canaries

extension Envelope {
    /// The value that canaries hold. It is part of the format of the database and never changes.
    private static let canaryValue = "aura/canary/1"

    /// Encrypts the value of a canary under a key of the file.
    func canary(of key: MasterKey, installation: String) -> VaultCanary {
        let (nonce, ciphertext) = Self.encrypt(
            Array(Self.canaryValue.utf8), key.derived(for: .canary, installation: installation),
            Self.canaryData(key, installation))
        return VaultCanary(keyID: key.id, nonce: nonce, ciphertext: ciphertext)
    }

    /// Returns true if the key is the one with which the canary was made.
    func isRight(_ key: MasterKey, for canary: VaultCanary, installation: String) -> Bool {
        let value = Self.decrypt(
            canary.nonce, canary.ciphertext, key.derived(for: .canary, installation: installation),
            Self.canaryData(key, installation))
        return value == Array(Self.canaryValue.utf8)
    }

    private static func canaryData(_ key: MasterKey, _ installation: String) -> [UInt8] {
        associatedData([canaryValue, installation, key.id])
    }
}
