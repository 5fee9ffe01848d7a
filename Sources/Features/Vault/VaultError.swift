public import Storage

/// The reason why the vault cannot set, open or delete a secret.
public enum VaultError: Error, Sendable, CustomStringConvertible {
    /// The tenant has no secret of this name.
    case noSecret(SecretReference)
    /// No method returns the value of this secret.
    case sealed(SecretReference)
    /// A sealed secret cannot become exportable.
    case staysSealed(SecretReference)
    /// The name is not one of a secret.
    case invalidName
    /// The value is empty or too long.
    case invalidLength
    /// The value cannot be encrypted or decrypted.
    case unusable(SecretReference, Envelope.Failure)
    /// The store failed, or refused the change.
    case storage(StorageError)

    /// Converts an error of the store or of the envelope.
    init(_ error: any Error, _ reference: SecretReference) {
        switch error {
        case let error as VaultError: self = error
        case let error as StorageError: self = .storage(error)
        case let error as Envelope.Failure: self = .unusable(reference, error)
        default: preconditionFailure("the vault's functions throw no other error")
        }
    }

    /// The cause and the remedy, for clients. It never contains a value.
    public var description: String {
        switch self {
        case .noSecret(let secret):
            "no secret of the tenant \(secret.tenant) is named \(secret.name): secret.list shows those that exist"
        case .sealed(let secret):
            "cannot reveal the secret \(secret.name), it is sealed: only the daemon uses its value"
        case .staysSealed(let secret):
            "cannot make the secret \(secret.name) exportable, it is sealed: set its value under another name"
        case .invalidName:
            "cannot use the name of the secret: give 1 to \(Vault.nameLimit) letters, digits, dots, underscores and "
                + "hyphens, with a letter or digit first"
        case .invalidLength:
            "cannot set the secret: its value must have 1 to \(Envelope.valueLimitBytes) bytes in UTF-8"
        case .unusable(let secret, let failure): "cannot open the secret \(secret.name): \(failure)"
        case .storage(let error): error.message
        }
    }
}

/// The reason why a daemon may not start with its keys. Nothing was changed.
public enum VaultStartError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no key file, but secrets need these keys.
    case noKeyFile([String])
    /// The key file lacks these keys, which secrets need.
    case missingKeys([String])
    /// The key file has another key of this name than the one with which the database was written.
    case wrongKey(String)
    /// Secrets need this key, but the database has no canary of it.
    case noCanary(String)

    /// The cause and the remedy.
    public var description: String {
        switch self {
        case .noKeyFile(let ids):
            "cannot start without a key file, secrets in the database need \(Self.keys(ids)): restore the key file from "
                + "its backup and name it in vault.keyFile"
        case .missingKeys(let ids):
            "cannot start, the key file lacks \(Self.keys(ids)), which secrets in the database need: restore the lines "
                + "of the key file from its backup"
        case .wrongKey(let id):
            "cannot start, the key file has another key \(id) than the one of this database: restore the line \(id) of "
                + "the key file from its backup, and give a new key another name"
        case .noCanary(let id):
            "cannot start, secrets need the key \(id), but the database has lost its canary: restore the database from "
                + "its backup"
        }
    }

    private static func keys(_ ids: [String]) -> String {
        "the key\(ids.count == 1 ? "" : "s") \(ids.joined(separator: ", "))"
    }
}
