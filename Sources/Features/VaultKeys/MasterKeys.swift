package import Crypto
import Encoding

/// The keys of the vault, from its key file. The first one seals; all of them open.
///
/// A line of the file is `aura-key-1 KID BASE64`, where KID is 1 to 8 of `[a-z0-9]` and BASE64 stands for 32 random
/// bytes. Empty lines and lines that begin with `#` are ignored.
public struct MasterKeys: Sendable {
    /// The keys, the current one first.
    package let all: [MasterKey]

    /// The name of the key that seals new versions.
    public var current: String { all[0].id }
    /// The names of all keys, the current one first.
    public var ids: [String] { all.map(\.id) }

    /// The word at the start of each line.
    static let lineStart = "aura-key-1"

    /// Parses a key file. Throws ``KeyFileError``, whose text never contains a key.
    public init(_ text: String) throws(KeyFileError) {
        var keys: [MasterKey] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count == 3, first == Self.lineStart, MasterKey.isID(words[1]),
                let bytes = Base64.decode(words[2]), bytes.count == MasterKey.byteCount
            else { throw KeyFileError(line: index + 1, problem: .form) }
            guard !bytes.allSatisfy({ $0 == bytes[0] }) else {
                throw KeyFileError(line: index + 1, problem: .constant)
            }
            guard !keys.contains(where: { $0.id == words[1] }) else {
                throw KeyFileError(line: index + 1, problem: .repeated)
            }
            keys.append(MasterKey(id: String(words[1]), bytes: bytes))
        }
        guard !keys.isEmpty else { throw KeyFileError(line: nil, problem: .empty) }
        all = keys
    }

    /// Returns the keys that sign tokens, the current one first: for each key of the file, its name and 32 bytes.
    public func tokenKeys(installation: String) -> [(id: String, bytes: [UInt8])] {
        all.map { key in
            (key.id, key.derived(for: .tokens, installation: installation).withUnsafeBytes { Array($0) })
        }
    }

    /// Returns the seeds of the keys that sign the checkpoints of the audit, the current one first: for each key of the
    /// file, its name and 32 bytes.
    public func auditSeeds(installation: String) -> [(id: String, bytes: [UInt8])] {
        all.map { key in
            (key.id, key.derived(for: .audit, installation: installation).withUnsafeBytes { Array($0) })
        }
    }

    /// Returns the key with this name.
    package subscript(id: String) -> MasterKey? { all.first { $0.id == id } }

    /// Returns the line of a new key with random bytes.
    public static func newLine(id: String) -> String {
        precondition(MasterKey.isID(id), "the name of a key is 1 to 8 of [a-z0-9]")
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        return "\(lineStart) \(id) \(Base64.encode(bytes))"
    }
}

/// One key of the vault. Nothing is encrypted with it directly: each purpose has a key that is derived from it.
package struct MasterKey: Sendable {
    package static let byteCount = 32

    package let id: String
    private let key: SymmetricKey

    init(id: String, bytes: [UInt8]) {
        self.id = id
        key = SymmetricKey(data: bytes)
    }

    package static func isID(_ text: some StringProtocol) -> Bool {
        (1...8).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }

    /// The purposes for which keys are derived. The texts are part of the format of the database and never change.
    package enum Purpose: String {
        /// Wraps the data keys of secrets.
        case keyEncryption = "aura/vault/kek/1"
        /// Encrypts the canary of the key.
        case canary = "aura/vault/canary/1"
        /// Signs tokens.
        case tokens = "aura/vault/tokens/1"
        /// Authenticates the callbacks of executors.
        case callbacks = "aura/vault/callbacks/1"
        /// The seed of the key that signs the checkpoints of the audit.
        case audit = "aura/vault/audit/1"
    }

    /// Returns the key for a purpose: HKDF-SHA256 with the installation as its salt.
    package func derived(for purpose: Purpose, installation: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: Array(installation.utf8), info: Array(purpose.rawValue.utf8),
            outputByteCount: Self.byteCount)
    }
}

/// The reason why a key file cannot be used.
public struct KeyFileError: Error, Hashable, CustomStringConvertible {
    enum Problem: Hashable {
        case form
        case constant
        case repeated
        case empty
    }

    /// The line, from 1; `nil` if the whole file is meant.
    let line: Int?
    let problem: Problem

    /// The cause and the remedy.
    public var description: String {
        let place = line.map { "line \($0) of the key file" } ?? "the key file"
        return switch problem {
        case .form: "cannot read \(place): expected `\(MasterKeys.lineStart) NAME KEY` as `aura vault init` writes it"
        case .constant: "cannot use \(place): all bytes of the key are equal; make one with `aura vault init`"
        case .repeated: "cannot use \(place): another line has the same name; give each key a name of its own"
        case .empty: "cannot use \(place): it has no key; make one with `aura vault init`"
        }
    }
}
