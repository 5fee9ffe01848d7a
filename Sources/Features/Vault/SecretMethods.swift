import AuraAPI
import AuraModel
import EventStream
public import JSONRPC
import Storage

/// `secret.set`, `secret.list`, `secret.reveal`, `secret.delete`.
///
/// A secret of a tenant that the caller does not have is like one that does not exist.
public struct SecretMethods: Sendable {
    private let vault: Vault?

    /// Creates the methods. Without a vault, each of them throws `noVaultKey`.
    public init(vault: Vault?) {
        self.vault = vault
    }

    /// Adds the methods to the router.
    public func register(in router: inout Router) {
        router.register(Methods.secretSet) { parameters, call in
            try await VaultAnswer.of(vault) { vault in
                try await set(parameters, call, vault)
            }
        }
        router.register(Methods.secretList, reads: true) { parameters, call in
            try await VaultAnswer.of(vault) { vault in try await list(parameters, in: call.tenantScope, vault) }
        }
        // Its entry of the audit is written before the reply, because the method counts as one that changes something.
        router.register(Methods.secretReveal) { parameters, call in
            try await VaultAnswer.of(vault) { vault in try await reveal(parameters, call, vault) }
        }
        router.register(Methods.secretDelete) { parameters, call in
            try await VaultAnswer.of(vault) { vault in try await delete(parameters, call, vault) }
        }
    }

    /// The page size if the caller gives no limit.
    private static let usualPage = 100
    /// The scope of `secret.reveal`.
    private static let export = "secrets:export"

    private func set(
        _ parameters: SecretSetParameters, _ call: RPCContext, _ vault: Vault
    ) async throws -> SecretResult {
        let scope = call.tenantScope
        let tenant = parameters.tenant ?? scope.usualTenant
        guard scope.contains(tenant) else { throw StorageError.noTenant(tenant) }
        let secret = try await vault.put(
            Secret(parameters.value), as: SecretReference(tenant: tenant, name: parameters.name),
            class: try parameters.class?.checked(), by: PrincipalID(call.principal.id), audit: call.audit?.draft)
        call.audit?.noteWritten()
        return SecretResult(secret: SecretView(secret))
    }

    private func list(
        _ parameters: SecretListParameters, in scope: TenantScope, _ vault: Vault
    ) async throws -> SecretListResult {
        let limit = parameters.limit ?? Self.usualPage
        let scope = parameters.tenant.map { scope.intersection(.only([$0])) } ?? scope
        let found = try await vault.list(
            SecretQuery(scope: scope, after: parameters.after.flatMap { SecretReference(cursor: $0) }, limit: limit + 1)
        )
        let page = found.prefix(limit)
        return SecretListResult(
            secrets: page.rows.map { SecretView($0) }, next: found.count > limit ? page.last?.cursor : nil,
            unreadable: page.unreadable.isEmpty ? nil : page.unreadable.map(\.id))
    }

    private func reveal(
        _ parameters: SecretParameters, _ call: RPCContext, _ vault: Vault
    ) async throws -> SecretRevealResult {
        // The scope is always given by name: the right to call everything does not include it.
        guard case .only(let scopes) = call.principal.rights.scopes, scopes.contains(Self.export) else {
            throw Authorisation.refusal(of: call.principal, call.method, scope: Self.export)
        }
        let revealed = try await vault.reveal(try reference(parameters, in: call.tenantScope))
        return SecretRevealResult(secret: SecretView(revealed.secret), value: revealed.value.reveal())
    }

    private func delete(
        _ parameters: SecretParameters, _ call: RPCContext, _ vault: Vault
    ) async throws -> SecretDeleteResult {
        let reference = try reference(parameters, in: call.tenantScope)
        try await vault.delete(reference, audit: call.audit?.draft)
        call.audit?.noteWritten()
        return SecretDeleteResult(tenant: reference.tenant, name: reference.name)
    }

    /// Returns the secret that the parameters name. Throws the error of a secret that does not exist if the caller does
    /// not have its tenant.
    private func reference(
        _ parameters: SecretParameters, in scope: TenantScope
    ) throws(VaultError) -> SecretReference {
        let reference = SecretReference(tenant: parameters.tenant ?? scope.usualTenant, name: parameters.name)
        guard scope.contains(reference.tenant) else { throw .noSecret(reference) }
        return reference
    }
}

extension SecretReference {
    /// The position of the secret in a list: its tenant and its name, separated by a slash. Neither of them has one.
    fileprivate var cursor: String { "\(tenant)/\(name)" }

    fileprivate init?(cursor: String) {
        guard let slash = cursor.firstIndex(of: "/") else { return nil }
        self.init(tenant: TenantID(String(cursor[..<slash])), name: String(cursor[slash...].dropFirst()))
    }
}

extension SecretView {
    fileprivate init(_ secret: SecretRecord) {
        self.init(
            tenant: secret.reference.tenant, name: secret.reference.name, class: Open(secret.secretClass),
            version: Int64(secret.currentVersion), createdAt: secret.createdAt, updatedAt: secret.updatedAt)
    }
}
