internal import AuraModel
internal import Crypto
internal import DriverKit
internal import FoundationEssentials

/// Generates ed25519 key pairs in OpenSSH's format, without a child process, because hundreds of machines may be
/// created at once.
///
/// The private key's layout follows `PROTOCOL.key` of OpenSSH: magic, cipher `none`, key derivation `none`, the public
/// key, and the private section. The private section holds two equal check numbers, type, public key, seed with public
/// key, comment, and padding 1, 2, 3 …
enum OpenSSHKey {
    static func makePair(comment: String) -> KeyPair {
        let key = Curve25519.Signing.PrivateKey()
        let publicKey = Array(key.publicKey.rawRepresentation)
        let publicBlob = text(type) + text(publicKey)
        var secret = number(UInt32.random(in: .min ... .max))
        secret += secret
        secret += text(type) + text(publicKey) + text(Array(key.rawRepresentation) + publicKey) + text(comment)
        let padding = (8 - secret.count % 8) % 8
        secret += (0..<padding).map { UInt8($0 + 1) }
        var file = Array("openssh-key-v1\0".utf8)
        file += text("none") + text("none") + text("") + number(1) + text(publicBlob) + text(secret)
        return KeyPair(
            privateKey: Secret(armoured(file)),
            publicKey: "\(type) \(Data(publicBlob).base64EncodedString()) \(comment)")
    }

    private static let type = "ssh-ed25519"

    private static func number(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// Returns SSH's `string`: its length, then its bytes.
    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        number(UInt32(bytes.count)) + bytes
    }

    private static func text(_ text: String) -> [UInt8] {
        self.text(Array(text.utf8))
    }

    private static func armoured(_ file: [UInt8]) -> String {
        let code = Array(Data(file).base64EncodedString())
        let lines = stride(from: 0, to: code.count, by: 70).map { String(code[$0..<min($0 + 70, code.count)]) }
        return (["-----BEGIN OPENSSH PRIVATE KEY-----"] + lines + ["-----END OPENSSH PRIVATE KEY-----", ""])
            .joined(separator: "\n")
    }
}
