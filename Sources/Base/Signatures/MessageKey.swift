import Crypto

/// A key of HMAC-SHA256 that signs messages.
struct MessageKey: Sendable, Hashable {
    private let key: SymmetricKey

    init(bytes: [UInt8]) {
        key = SymmetricKey(data: bytes)
    }

    func signature(_ message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
    }

    /// Returns true if one of the signatures is that of the message under one of the keys.
    ///
    /// Every pair is compared, each in constant time, so the time depends only on the numbers of keys and signatures and
    /// on the length of the message.
    static func verifies(_ signatures: [[UInt8]], of message: [UInt8], with keys: [MessageKey]) -> Bool {
        var isValid = false
        for key in keys {
            let expected = HMAC<SHA256>.authenticationCode(for: message, using: key.key)
            for signature in signatures {
                let isEqual = expected == signature
                isValid = isValid || isEqual
            }
        }
        return isValid
    }

    static func == (one: MessageKey, other: MessageKey) -> Bool { one.key == other.key }

    func hash(into hasher: inout Hasher) {
        key.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
