import Audit
import FeatureKit
import Identity
import JSON
import Logging
import Storage
import Vault

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
        let installation = store.installation
        let tokenKeys = keys?.keys.tokenKeys(installation: installation) ?? []
        let (audit, trail) = Audit.parts(
            store: store, seeds: keys?.keys.auditSeeds(installation: installation).map(\.bytes) ?? [],
            owner: environment.owner, time: environment.time, random: environment.random, logger: environment.logger)
        var parts = try await Identity.parts(
            store: store, keys: TokenKeys(tokenKeys.map { TokenKey(id: $0.id, bytes: $0.bytes) }),
            unix: UnixAccess(
                rules, ownUser: UserDatabase.ownUser, operators: UserDatabase.lookup.group(UnixAccess.operatorsGroup)),
            time: environment.time, random: environment.random, logger: environment.logger,
            onFailure: { trail.noteFailure(of: $0) })
        try await trail.append(action: "daemon.start", parameters: ["keys": .array(tokenKeys.map { .string($0.id) })])
        let registerIdentity = parts.register
        parts.register = { router, service in
            registerIdentity(&router, service)
            audit.register(&router, service)
        }
        parts.recorder = audit.recorder
        parts.services += audit.services
        return parts
    }
}
