import AuraAPI
public import AuraModel
import EventStream
import FeatureKit
public import JSONRPC
public import Storage

/// `vault.status`, `vault.set`, `vault.delete`, `vault.adopt`: the secrets of the installation, for operators.
///
/// No method returns a value. The keys of machines are not reached by name.
public struct VaultMethods: Sendable {
    private let vault: Vault?
    private let installation: InstallationVault?
    private let identities: any IdentityStore
    private let time: any TimeSource

    /// The maximum number of secrets that operators set.
    static let secretsAtMost = 500
    /// The number of secrets that are read at a time.
    private static let page = 200
    /// The maximum number of credentials that a reply names.
    private static let namedAtMost = 1000

    /// Creates the methods. Without a vault, each of them throws `noVaultKey`.
    public init(
        vault: Vault?, installation: InstallationVault?, identities: any IdentityStore, time: any TimeSource
    ) {
        self.vault = vault
        self.installation = installation
        self.identities = identities
        self.time = time
    }

    /// Adds the methods to the router.
    public func register(in router: inout Router) {
        router.register(Methods.vaultStatus, reads: true) { _, call in
            try await answering(call) { try await status($0, $1) }
        }
        router.register(Methods.vaultSet) { parameters, call in
            try await answering(call) { try await set(parameters, call, $0, $1) }
        }
        router.register(Methods.vaultDelete) { parameters, call in
            try await answering(call) { vault, _ in try await delete(parameters, call, vault) }
        }
        router.register(Methods.vaultAdopt) { parameters, call in
            try await answering(call) { _, installation in
                try await CredentialImport(installation).run(deletes: parameters.delete ?? false)
            }
        }
    }

    private func answering<Value>(
        _ call: RPCContext, _ body: (Vault, InstallationVault) async throws -> Value
    ) async throws -> Value {
        guard call.tenantScope == .all else {
            throw RPCError(
                .forbidden,
                "cannot call \(call.method.name), the installation's secrets serve tenants that \(call.principal.id) does "
                    + "not have: ask an administrator")
        }
        return try await VaultAnswer.of(vault) { vault in
            guard let installation else { preconditionFailure("the installation has secrets if there is a vault") }
            return try await body(vault, installation)
        }
    }

    // MARK: Status

    private func status(_ vault: Vault, _ installation: InstallationVault) async throws -> VaultStatusResult {
        let versions = try await vault.store.versionCounts()
        let now = time.now()
        let tokens = try await identities.identities().tokens
            .filter { $0.revokedAt == nil && $0.expires.map { $0 > now } ?? true }
            .reduce(into: [:]) { $0[$1.keyID, default: 0] += 1 }
        let others = Set(versions.keys).union(tokens.keys).subtracting(vault.keyIDs).sorted()
        return VaultStatusResult(
            currentKey: vault.currentKey,
            keys: (vault.keyIDs + others).map { id in
                VaultKeyView(
                    id: id, inKeyFile: !others.contains(id), versions: Int64(versions[id] ?? 0),
                    tokens: Int64(tokens[id] ?? 0))
            },
            secrets: try await secrets(installation).map { InstallationSecretView($0) },
            outside: Int64(try await installation.outside().count))
    }

    /// Returns the secrets that operators set, ordered by name: all but the keys of machines.
    private func secrets(_ installation: InstallationVault) async throws -> [SecretRecord] {
        var (found, after): ([SecretRecord], String?) = ([], nil)
        while true {
            let page = try await installation.list(after: after, limit: Self.page)
            found += page.rows.filter { CredentialSetting.isName($0.reference.name) }
            guard page.count == Self.page, let last = page.last?.name else { return found }
            // No name has this character, which is greater than all that a name can have.
            after = last.hasPrefix(CredentialSetting.reservedPrefix) ? CredentialSetting.reservedPrefix + "~" : last
        }
    }

    // MARK: Changes

    private func set(
        _ parameters: VaultSetParameters, _ call: RPCContext, _ vault: Vault, _ installation: InstallationVault
    ) async throws -> VaultSetResult {
        let reference = try Self.reference(parameters.name)
        let known = try await secrets(installation)
        guard known.count < Self.secretsAtMost || known.contains(where: { $0.reference == reference }) else {
            throw RPCError(
                .quotaExceeded,
                "cannot set the secret \(parameters.name), the installation has \(known.count) already: delete one")
        }
        let secret = try await vault.set(
            Secret(parameters.value), as: reference, class: .sealed, by: PrincipalID(call.principal.id),
            audit: call.audit?.draft)
        call.audit?.noteWritten()
        return VaultSetResult(secret: InstallationSecretView(secret))
    }

    private func delete(
        _ parameters: VaultSecretParameters, _ call: RPCContext, _ vault: Vault
    ) async throws -> VaultDeleteResult {
        do {
            try await vault.remove(try Self.reference(parameters.name), audit: call.audit?.draft)
        } catch VaultError.noSecret {
            throw RPCError(
                .secretNotFound,
                "the installation has no secret named \(parameters.name): vault.status shows those that exist")
        }
        call.audit?.noteWritten()
        return VaultDeleteResult(name: parameters.name)
    }

    private static func reference(_ name: String) throws(RPCError) -> SecretReference {
        guard CredentialSetting.isName(name) else {
            throw RPCError(
                .invalidParams,
                "cannot use the name \(name): names that begin with \(CredentialSetting.reservedPrefix) are those of "
                    + "machines' keys")
        }
        return InstallationVault.reference(name)
    }

    /// Returns the reply of an import.
    fileprivate static func result(_ report: CredentialImport.Report) -> VaultImportResult {
        VaultImportResult(
            imported: Int64(report.imported), present: Int64(report.present), deleted: Int64(report.deleted),
            left: report.left.prefix(namedAtMost).map {
                VaultImportLeft(place: $0.place, name: $0.name, deletable: $0.isDeletable, reason: $0.reason)
            }, leftCount: Int64(report.left.count))
    }
}

extension InstallationSecretView {
    fileprivate init(_ secret: SecretRecord) {
        self.init(
            name: secret.reference.name, version: Int64(secret.currentVersion), createdAt: secret.createdAt,
            updatedAt: secret.updatedAt)
    }
}

// MARK: - Import

/// Puts the credentials outside of the vault into it, and can be repeated. It replaces a secret only by a file that was
/// changed later: a daemon without a key file has written it.
struct CredentialImport {
    /// A credential that is still outside.
    struct Left {
        var place: String
        var name: String
        /// True if the vault has the credential, and the daemon does not need the place any more.
        var isDeletable: Bool
        var reason: String
    }

    struct Report {
        var (imported, present, deleted) = (0, 0, 0)
        var left: [Left] = []
    }

    private let secrets: InstallationVault

    init(_ secrets: InstallationVault) {
        self.secrets = secrets
    }

    /// Imports all credentials. If `deletes`, deletes the file of each one that was opened in the vault.
    func run(deletes: Bool) async throws -> VaultImportResult {
        var report = Report()
        for credential in try await secrets.outside() {
            if let left = try await move(credential, deletes: deletes, &report) { report.left.append(left) }
        }
        return VaultMethods.result(report)
    }

    /// Imports one credential. Returns it if it is still outside. An unreadable file does not stop the import.
    private func move(
        _ credential: OutsideCredential, deletes: Bool, _ report: inout Report
    ) async throws -> Left? {
        func left(_ reason: String, isDeletable: Bool = false) -> Left {
            Left(place: credential.place, name: credential.name, isDeletable: isDeletable, reason: reason)
        }
        do {
            guard let value = try await credential.value() else {
                return left("no machine of this database needs it: delete it if no other database does")
            }
            if try await secrets.insert(value, as: credential.name) {
                report.imported += 1
                // The machine may have been destroyed meanwhile.
                guard try await credential.value() != nil else {
                    try await secrets.delete(credential.name)
                    return nil
                }
            } else {
                report.present += 1
            }
            guard var stored = try await secrets.open(credential.name) else {
                return left("its secret was deleted meanwhile: import again")
            }
            if !stored.isEqual(to: value), let changed = try credential.changedAt(),
                try await secrets.replace(value, as: credential.name, setBefore: changed)
            {
                (report.imported, report.present) = (report.imported + 1, report.present - 1)
                stored = value
            }
            if let use = credential.use {
                return left(
                    stored.isEqual(to: value) ? use : "the vault has another value: \(use), if that is the right one")
            }
            guard deletes else {
                return left("the vault has it: delete it, or import again with delete", isDeletable: true)
            }
            guard let present = try await credential.value(), present.isEqual(to: value) else {
                return left("it was changed or removed meanwhile: import again")
            }
            try credential.delete()
            report.deleted += 1
            return nil
        } catch let failure as Failure {
            return left(failure.message)
        }
    }
}

extension Secret {
    fileprivate func isEqual(to other: Secret) -> Bool {
        withBytes { bytes in other.withBytes { bytes.elementsEqual($0) } }
    }
}
