import FeatureKit
import FoundationEssentials
import VaultKeys

/// The keys of the vault and the place that they are from.
struct VaultKeyFile: Sendable {
    let keys: MasterKeys
    /// True if the keys are in `AURA_VAULT_KEY` itself, which is worse than a file.
    let isFromEnvironment: Bool

    /// The name of the credential that systemd passes (`LoadCredentialEncrypted=master.key`).
    private static let credential = "master.key"

    /// Reads the keys: from systemd's credential, else from the file `vault.keyFile`, else from `vault.key`. Returns
    /// `nil` if there are none. Throws `SettingsError`.
    static func read(_ source: SettingsSource) throws -> VaultKeyFile? {
        if let path = credentialPath { return try file(path, key: "CREDENTIALS_DIRECTORY") }
        if let path = source.text("vault.keyFile") { return try file(path, key: "vault.keyFile") }
        guard let text = source.text("vault.key") else { return nil }
        return VaultKeyFile(keys: try parse(text, "vault.key"), isFromEnvironment: true)
    }

    private static var credentialPath: String? {
        guard let directory = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty else {
            return nil
        }
        let path = "\(directory)/\(credential)"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    private static func file(_ path: String, key: String) throws -> VaultKeyFile {
        let text = try PersonalFile.read(path, key: key, isSecret: true)
        return VaultKeyFile(keys: try parse(text, path), isFromEnvironment: false)
    }

    private static func parse(_ text: String, _ place: String) throws -> MasterKeys {
        do {
            return try MasterKeys(text)
        } catch {
            throw SettingsError("cannot use \(place): \(error)")
        }
    }
}
