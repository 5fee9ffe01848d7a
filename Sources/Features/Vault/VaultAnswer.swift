import AuraAPI
import EventStream
import JSONRPC

/// Answers calls with the vault, and converts its errors to those of the wire.
enum VaultAnswer {
    /// Returns the result of `body`. Throws `noVaultKey` without a vault.
    static func of<Value>(_ vault: Vault?, _ body: (Vault) async throws -> Value) async throws -> Value {
        guard let vault else {
            throw RPCError(
                .noVaultKey,
                "cannot keep secrets, the daemon has no key file: make one with `aura vault init`, name it in "
                    + "vault.keyFile, and start aurad again")
        }
        return try await APIError.answering {
            do {
                return try await body(vault)
            } catch let error as VaultError {
                if case .storage(let error) = error { throw error }
                throw RPCError(code(of: error), error.description)
            }
        }
    }

    private static func code(of error: VaultError) -> RPCErrorCode {
        switch error {
        case .noSecret: .secretNotFound
        case .sealed, .staysSealed: .secretSealed
        case .invalidName, .invalidLength: .invalidParams
        case .unusable: .unreadable
        case .storage(let error): APIError.from(error).code
        }
    }
}
