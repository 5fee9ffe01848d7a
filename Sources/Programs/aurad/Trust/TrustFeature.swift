import Audit
import FeatureKit
import Identity
import JSON
import Logging
import Storage
import Tokens
import Vault
import VaultKeys

extension Feature {
    /// The feature of callers, their rights and their secrets.
    static let trust = Feature(name: "trust", settings: TrustConfiguration.declared) { try TrustConfiguration.read($0) }
}

/// The settings of the feature: who may do what on the Unix socket, and the keys of the vault.
struct TrustConfiguration: ConfiguredFeature {
    static let declared: [Setting] = [.list("access.unix"), .secret("vault.key")]

    /// The rules for processes on the Unix socket.
    let rules: [UnixAccess.Rule]
    /// The keys of the vault; `nil` if there is no key file.
    let keys: VaultKeyFile?

    static func read(_ source: SettingsSource) throws -> TrustConfiguration {
        let rules = try source.list("access.unix").map { text in
            do {
                return try UnixAccess.Rule(text, UserDatabase.lookup)
            } catch {
                throw SettingsError("cannot use access.unix = \(text): \(error)")
            }
        }
        return TrustConfiguration(rules: rules, keys: try VaultKeyFile.read(source))
    }

    var summary: [String] {
        let access = rules.isEmpty ? [] : ["\(rules.count) rules of access.unix"]
        return access + (keys.map { ["the vault has the keys \($0.keys.ids.joined(separator: ", "))"] } ?? [])
    }

    func open(_ environment: FeatureEnvironment, store: any Store) async throws -> FeatureParts {
        if keys?.isFromEnvironment == true {
            environment.logger.warning(
                "the vault's key is in the environment, where other programs may read it: use vault.keyFile")
        }
        let vault = try await openVault(environment, store)
        let installation = store.installation
        let tokenKeys = keys?.keys.tokenKeys(installation: installation) ?? []
        let (audit, trail) = Audit.parts(
            store: store, seeds: keys?.keys.auditSeeds(installation: installation).map(\.bytes) ?? [],
            owner: environment.owner, time: environment.time, random: environment.random, logger: environment.logger)
        var parts = try await Identity.parts(
            store: store, keys: TokenKeys(tokenKeys.map { TokenKey(id: $0.id, bytes: $0.bytes) }),
            unix: UnixAccess(
                rules, ownUser: UserDatabase.ownUser, operators: UserDatabase.lookup.group(UnixAccess.operatorsGroup)),
            installation: installation, time: environment.time, random: environment.random, logger: environment.logger,
            onFailure: { trail.noteFailure(of: $0) })
        try await trail.append(action: "daemon.start", parameters: ["keys": .array(tokenKeys.map { .string($0.id) })])
        let (registerIdentity, secrets) = (parts.register, SecretMethods(vault: vault))
        let installationSecrets = vault.map { InstallationVault($0) }
        let vaultMethods = VaultMethods(
            vault: vault, installation: installationSecrets, identities: store, time: environment.time)
        parts.register = { router, service in
            registerIdentity(&router, service)
            secrets.register(in: &router)
            vaultMethods.register(in: &router)
            audit.register(&router, service)
        }
        parts.secrets = installationSecrets
        parts.recorder = audit.recorder
        parts.services += audit.services
        if let vault {
            parts.services.append(VaultRotation(vault: vault, time: environment.time, logger: environment.logger))
        }
        return parts
    }

    /// Returns the vault, or `nil` if there is no key file. Throws `SettingsError` if the database needs other keys.
    private func openVault(_ environment: FeatureEnvironment, _ store: any Store) async throws -> Vault? {
        do {
            return try await Vault.open(
                store, keys: keys?.keys, installation: store.installation, time: environment.time)
        } catch let error as VaultStartError {
            throw SettingsError("\(error)")
        }
    }
}
