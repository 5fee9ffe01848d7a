import Agents
import AuraModel
import CredentialFiles
import DriverKit
import FeatureKit
import Storage

/// The keys of machines in files, which can move into the vault.
struct MachineKeyFiles: OutsideCredentials {
    let files: FileCredentialStore
    let store: any InstanceStore

    func all() async throws -> [OutsideCredential] {
        try files.entries().map { entry in
            OutsideCredential(
                name: VaultCredentialStore.name(entry.instance, generation: entry.generation), place: entry.path,
                value: { try await isNeeded(entry) ? files.read(entry).stored : nil },
                changedAt: { files.changedAt(entry) },
                delete: { try files.remove(entry) })
        }
    }

    /// Returns true unless the instance of this generation is unknown to the database, or is being or was destroyed.
    private func isNeeded(_ entry: FileCredentialStore.Entry) async throws -> Bool {
        guard let instance = try await store.instance(.id(entry.instance), in: .all) else { return false }
        return instance.generation == entry.generation && instance.phase != .destroyed && instance.phase != .destroying
    }
}

/// The credentials of providers in the configuration.
struct ProviderCredentials: OutsideCredentials {
    let settings: [CredentialSetting]

    func all() async throws -> [OutsideCredential] { settings.compactMap(\.outside) }
}
