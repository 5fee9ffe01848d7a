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
    static let declared: [Setting] = [
        .list("access.unix"), .secret("vault.key"), "audit.keepDays", "limits.callsPerMinutePerTenant",
        "limits.mutationsPerMinutePerTenant", "limits.tokensPerTenant",
    ]

    /// The rules for processes on the Unix socket.
    let rules: [UnixAccess.Rule]
    /// The keys of the vault; `nil` if there is no key file.
    let keys: VaultKeyFile?
    /// The number of days for which entries of the audit are kept.
    let auditDays: Int
    /// The limits of tenants without limits of their own.
    let tenants: TenantDefaults

    static func read(_ source: SettingsSource) throws -> TrustConfiguration {
        let rules = try source.list("access.unix").map { text in
            do {
                return try UnixAccess.Rule(text, UserDatabase.lookup)
            } catch {
                throw SettingsError("cannot use access.unix = \(text): \(error)")
            }
        }
        return TrustConfiguration(
            rules: rules, keys: try VaultKeyFile.read(source),
            auditDays: try source.number("audit.keepDays", 400, in: 1...36_500), tenants: try readTenants(source))
    }

    private static func readTenants(_ source: SettingsSource) throws -> TenantDefaults {
        let standard = TenantDefaults()
        return TenantDefaults(
            callsPerMinute: try source.number(
                "limits.callsPerMinutePerTenant", standard.callsPerMinute, in: 1...100_000_000),
            mutationsPerMinute: try source.number(
                "limits.mutationsPerMinutePerTenant", standard.mutationsPerMinute, in: 1...100_000_000),
            tokens: try source.number("limits.tokensPerTenant", standard.tokens, in: 1...10_000))
    }

    var summary: [String] {
        let access = rules.isEmpty ? [] : ["\(rules.count) rules of access.unix"]
        return access + (keys.map { ["the vault has the keys \($0.keys.ids.joined(separator: ", "))"] } ?? [])
    }

    /// True if there is a key file, because its keys sign tokens.
    var verifiesTokens: Bool { keys != nil }

    func open(_ environment: FeatureEnvironment, store: any Store) async throws -> FeatureParts {
        if keys?.isFromEnvironment == true {
            environment.logger.warning(
                "the vault's key is in the environment, where other programs may read it: use vault.keyFile")
        }
        let installation = store.installation
        let tokenKeys = keys?.keys.tokenKeys(installation: installation) ?? []
        let (audit, trail) = Audit.parts(
            store: store, seeds: keys?.keys.auditSeeds(installation: installation).map(\.bytes) ?? [],
            keepDays: auditDays, owner: environment.owner, time: environment.time, random: environment.random,
            logger: environment.logger)
        let vault = try await openVault(environment, store, trail)
        var parts = try await Identity.parts(
            store: store, keys: TokenKeys(tokenKeys.map { TokenKey(id: $0.id, bytes: $0.bytes) }),
            unix: UnixAccess(
                rules, ownUser: UserDatabase.ownUser, operators: UserDatabase.lookup.group(UnixAccess.operatorsGroup)),
            installation: installation, defaults: tenants, time: environment.time, random: environment.random,
            logger: environment.logger, onFailure: { trail.noteFailure(of: $0) })
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
    private func openVault(
        _ environment: FeatureEnvironment, _ store: any Store, _ trail: AuditTrail
    ) async throws -> Vault? {
        do {
            return try await Vault.open(
                store, keys: keys?.keys, installation: store.installation, time: environment.time,
                onUse: { trail.noteUse(of: $0) })
        } catch let error as VaultStartError {
            throw SettingsError("\(error)")
        }
    }
}
