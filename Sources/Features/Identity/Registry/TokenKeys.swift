import Crypto
public import Tokens

/// The keys that sign tokens, by name. Without keys no token is valid, and none can be created.
public struct TokenKeys: Sendable {
    private let keys: [String: TokenKey]
    /// The key that signs new tokens; `nil` if there are no keys.
    public let current: TokenKey?
    /// Does the same work for tokens of unknown keys as for others, so that the time of a refusal tells nothing.
    private let dummy: TokenKey

    /// Creates the set; the first key signs new tokens.
    public init(_ keys: [TokenKey]) {
        self.keys = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
        current = keys.first
        dummy = TokenKey(id: "dummy", bytes: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
    }

    /// Returns the key with this name.
    subscript(id: String) -> TokenKey? { keys[id] }

    /// Returns true if one of the keys signed the token.
    func verify(_ token: Token) -> Bool {
        guard let key = keys[token.keyID] else {
            _ = dummy.verifies(token)
            return false
        }
        return key.verifies(token)
    }
}
