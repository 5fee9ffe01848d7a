public import AuraModel
public import FeatureKit
public import JSONRPC
public import Logging
public import Storage

/// The feature of callers and their rights: principals, tokens, tenants and roles.
public enum Identity {
    /// Reads the identities and returns the parts of the feature. Throws if the rows cannot be read.
    ///
    /// - Parameters:
    ///   - keys: the keys that sign tokens.
    ///   - unix: the rights of processes on the Unix socket.
    ///   - defaults: the limits of tenants without limits of their own.
    ///   - installation: the id of the installation, which certificates name.
    ///   - onFailure: called for each token that is refused; it must not block.
    public static func parts(
        store: any IdentityStore, keys: TokenKeys, unix: UnixAccess, installation: String,
        defaults: TenantDefaults = TenantDefaults(),
        time: any TimeSource, random: any RandomSource, logger: Logger,
        onFailure: @escaping @Sendable (Peer) -> Void = { _ in }
    ) async throws(StorageError) -> FeatureParts {
        _ = try await store.write(.adoptTenants(at: time.now()))
        let registry = try await IdentityRegistry(
            store: store, keys: keys, unix: unix, installation: installation, defaults: defaults, time: time,
            logger: logger, onFailure: onFailure)
        let methods = IdentityMethods(
            store: store, registry: registry, keys: keys, identifiers: IdentifierSource(time: time, random: random),
            time: time)
        return FeatureParts(
            register: { router, _ in methods.register(in: &router) },
            interceptors: [MisplacedTokenCheck(registry: registry), AccessControl()],
            authenticator: registry, ownQuota: { registry.table.tenants[$0]?.quota }, services: [registry]
        )
    }
}
