import AuraModel
public import DriverKit

/// A setting for the credential of a provider: its value, a file with it, or `vault:NAME`, a secret of the installation.
public struct CredentialSetting: Sendable {
    private enum Form: Sendable {
        /// The value, and the setting or the file that has it.
        case value(Secret, place: String)
        /// The name of a secret.
        case secret(String)
    }

    private let key: String
    private let form: Form
    /// Throws ``SettingsError`` if the value cannot be right.
    private let check: @Sendable (String) throws -> Void

    /// The start of a text that names a secret.
    private static let prefix = "vault:"
    /// The start of the names of secrets that the daemon sets itself.
    public static let reservedPrefix = "machine."

    /// Returns true if the text names a secret instead of being one.
    static func isReference(_ text: String) -> Bool { text.hasPrefix(prefix) }

    fileprivate init(_ key: String, value: String, place: String, check: @escaping @Sendable (String) throws -> Void) {
        self.key = key
        form = .value(Secret(value), place: place)
        self.check = check
    }

    fileprivate init(
        _ key: String, reference: String, check: @escaping @Sendable (String) throws -> Void
    ) throws(SettingsError) {
        let name = String(reference.dropFirst(Self.prefix.count))
        guard Self.isName(name) else {
            throw SettingsError(
                "cannot use \(key) = \(reference): expected \(Self.prefix)NAME, with a name of at most 128 letters, "
                    + "digits, dots, underscores and hyphens that does not begin with \(Self.reservedPrefix)")
        }
        self.key = key
        form = .secret(name)
        self.check = check
    }

    /// Returns true if an operator may use this name for a secret of the installation.
    public static func isName(_ name: String) -> Bool {
        guard let expression = try? Regex("[A-Za-z0-9][A-Za-z0-9._-]{0,127}") else { return false }
        return name.wholeMatch(of: expression) != nil && !name.hasPrefix(reservedPrefix)
    }

    /// Throws ``SettingsError`` if the setting names a secret, and the daemon has no key file.
    public func check(_ secrets: (any InstallationSecrets)?) throws(SettingsError) {
        guard case .secret(let name) = form, secrets == nil else { return }
        throw SettingsError(
            "cannot use \(key) = \(Self.prefix)\(name), the daemon has no key file: make one with `aura vault init`, and "
                + "name it in vault.keyFile")
    }

    /// Returns the credential. A secret is opened for each call, so that a new value needs no restart.
    public func credential(_ secrets: (any InstallationSecrets)?) -> ProviderCredential {
        switch form {
        case .value(let secret, _): return ProviderCredential(secret)
        case .secret(let name):
            let (key, check) = (key, check)
            return ProviderCredential { () async throws(Failure) -> Secret in
                let setting = "\(key) = \(Self.prefix)\(name)"
                guard let secrets else {
                    throw Failure(
                        .transient, code: "credentialClosed",
                        message: "cannot open \(setting): only a running daemon opens secrets")
                }
                guard let secret = try await secrets.open(name) else {
                    throw Failure(
                        .transient, code: "credentialMissing",
                        message: "cannot use \(setting), there is no such secret: set it with `aura vault set \(name)`")
                }
                do {
                    try secret.withBytes { try check(String(decoding: $0, as: UTF8.self)) }
                } catch {
                    throw Failure(.transient, code: "credentialUnusable", message: "\(error)")
                }
                return secret
            }
        }
    }

    /// The credential outside of the vault; `nil` if the setting names a secret.
    public var outside: OutsideCredential? {
        guard case .value(let secret, let place) = form else { return nil }
        return OutsideCredential(
            name: key, place: place,
            use: "the configuration names it: set \(key) to \(Self.prefix)\(key), restart aurad, and delete it",
            value: { secret })
    }
}

extension SettingsSource {
    /// Reads the credential of a provider: from `KEY` itself, which may be `vault:NAME`, or from the file that `KEYFile`
    /// names. Only the file's owner may have access to it. `purpose` describes the credential in the error for an absent
    /// one. `check` throws ``SettingsError`` if a value cannot be right.
    public func credential(
        _ key: String, for purpose: String, check: @escaping @Sendable (String) throws -> Void
    ) throws -> CredentialSetting {
        if let text = text(key), CredentialSetting.isReference(text) {
            return try CredentialSetting(key, reference: text, check: check)
        }
        let value = try secret(key, for: purpose)
        try check(value)
        let place = text(key) == nil ? text(Setting.fileName(of: key)) : nil
        return CredentialSetting(key, value: value, place: place ?? "the setting \(key)", check: check)
    }
}
