import AuraAPI
import AuraModel
import EventStream
import JSON
import JSONRPC
import Storage

/// The methods of callers and their rights: `session.authenticate`, `access.*`, `principal.*`, `token.*`, `tenant.*`.
///
/// The lists are read from the registry's memory. A change is written to the store, and the registry of this daemon
/// reads it before the reply; the registries of other daemons read it within a second.
struct IdentityMethods {
    let store: any IdentityStore
    let registry: IdentityRegistry
    let keys: TokenKeys
    let identifiers: IdentifierSource
    let time: any TimeSource

    func register(in router: inout Router) {
        router.registerImmediate(Methods.sessionAuthenticate) { parameters, call throws in
            try registry.authenticate(call.session, token: parameters.token)
            return WhoAmIResult(call.session.principal)
        }
        router.registerImmediate(Methods.accessWhoami) { _, call in WhoAmIResult(call.principal) }
        router.registerImmediate(Methods.accessList) { _, _ in
            AccessListResult(
                roles: Role.allCases.map { RoleScopes(role: Open($0), scopes: $0.scopes().sorted()) },
                scopes: Methods.scopes)
        }
        router.register(Methods.accessDeny) { parameters, call in try await deny(parameters.key, call) }
        registerPrincipals(in: &router)
        registerTokens(in: &router)
        registerTenants(in: &router)
    }

    /// Writes a change with the call's entry of the audit, and lets the registry of this daemon read it.
    func write(_ change: IdentityChange, _ audit: AuditSlip?) async throws {
        try await APIError.answering { _ = try await store.write(change, audit: audit?.draft) }
        audit?.noteWritten()
        await registry.refresh()
    }
}

// MARK: - Keys of certificates

extension IdentityMethods {
    /// Denies a key. The registries close its connections when they read the change.
    private func deny(_ key: String, _ call: RPCContext) async throws -> AccessDenyResult {
        guard call.principal.rights.tenants == .all else {
            throw RPCError(
                .forbidden,
                "cannot deny a key, certificates are not bound to tenants: ask an administrator of all tenants")
        }
        let digits = Array(key)
        let digest = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        guard digest.count == DeniedKey.digestBytes else {
            throw RPCError(.invalidParams, "cannot deny the key: give the SHA-256 of a public key in hexadecimal")
        }
        let record = DeniedKey(digest: digest, at: time.now(), by: PrincipalID(call.principal.id))
        try await write(.denyKey(record), call.audit)
        return AccessDenyResult(key: key)
    }
}

// MARK: - Principals

extension IdentityMethods {
    private func registerPrincipals(in router: inout Router) {
        router.register(Methods.principalCreate) { parameters, call in
            try await create(parameters, by: call.principal, call.audit)
        }
        // Up to 1,000 rows are too many for an event loop.
        router.register(Methods.principalList, reads: true) { _, call in
            let visible = registry.table.principals.values.filter { sees(call.principal, $0) }
            return PrincipalListResult(principals: visible.sorted { $0.name < $1.name }.map { PrincipalView($0) })
        }
        router.register(Methods.principalSet) { parameters, call in
            try await change(parameters, by: call.principal, call.audit)
        }
    }

    private func create(
        _ parameters: PrincipalCreateParameters, by caller: Principal, _ audit: AuditSlip?
    ) async throws -> PrincipalResult {
        let scopes = try Self.scopes(role: parameters.role, parameters.scopes)
        guard let scopes else {
            throw RPCError(.invalidParams, "cannot create a principal without rights: give role, scopes or both")
        }
        let record = PrincipalRecord(
            id: identifiers.next(), name: parameters.name, kind: try parameters.kind?.checked() ?? .service,
            scopes: scopes, tenants: Self.scope(parameters.tenants), createdAt: time.now(),
            createdBy: PrincipalID(caller.id))
        try Self.check(record.tenants, isWithin: caller)
        try await write(.createPrincipal(record), audit)
        return PrincipalResult(principal: PrincipalView(record))
    }

    private func change(
        _ parameters: PrincipalSetParameters, by caller: Principal, _ audit: AuditSlip?
    ) async throws -> PrincipalResult {
        let known = try await principal(parameters.principal, for: caller)
        var change = PrincipalChange(
            scopes: try Self.scopes(role: parameters.role, parameters.scopes), isEnabled: parameters.enabled)
        if parameters.allTenants == true {
            guard parameters.tenants == nil else {
                throw RPCError(.invalidParams, "cannot use tenants and allTenants together: give one of them")
            }
            change.tenants = .all
        } else if let tenants = parameters.tenants {
            change.tenants = Self.scope(tenants)
        }
        if let tenants = change.tenants { try Self.check(tenants, isWithin: caller) }
        try await write(.setPrincipal(known.id, change), audit)
        return PrincipalResult(principal: PrincipalView(registry.table.principals[known.id] ?? known))
    }

    /// Returns the principal with this id or name. Throws `principalNotFound`, also for a principal that the caller may
    /// not see.
    func principal(_ reference: String, for caller: Principal) async throws -> PrincipalRecord {
        for isSecondLook in [false, true] {
            // Another daemon may have created it within the last second.
            if isSecondLook { await registry.refresh() }
            let found = registry.table.principal(reference)
            let isVisible = sees(caller, found ?? Self.hidden)
            if let found, isVisible { return found }
        }
        throw RPCError(
            .principalNotFound, "no principal is named \(reference.prefix(64)): principal.list shows those that exist")
    }

    /// A principal that is compared in place of an unknown one, so that both take the same time.
    static let hidden = PrincipalRecord(
        id: PrincipalID("hidden"), name: "hidden", kind: .service, scopes: [], tenants: .only([TenantID("-")]),
        createdAt: Timestamp(milliseconds: 0))

    /// Returns true if the caller may see the principal: the caller has all tenants of the principal.
    func sees(_ caller: Principal, _ principal: PrincipalRecord) -> Bool {
        Self.isWithin(principal.tenants, caller.rights.tenants)
    }

    /// Returns the scopes of a role and the given ones; `nil` if neither is given. Throws `invalidParams` for a scope
    /// that no method has.
    private static func scopes(role: Open<Role>?, _ scopes: [String]?) throws -> [String]? {
        guard role != nil || scopes != nil else { return nil }
        let known = Set(Methods.scopes)
        if let unknown = scopes?.first(where: { !known.contains($0) && $0 != Role.export }) {
            throw RPCError(.invalidParams, "cannot use the scope \(unknown): access.list shows those that exist")
        }
        return Set(scopes ?? []).union(try role?.checked().scopes() ?? []).sorted()
    }
}

// MARK: - Tenants of callers

extension IdentityMethods {
    /// Returns the scope of these tenants; that of all tenants for `nil`.
    static func scope(_ tenants: [TenantID]?) -> TenantScope {
        tenants.map { .only(Set($0)) } ?? .all
    }

    /// Throws `forbidden` if the scope has a tenant that the caller does not have.
    static func check(_ scope: TenantScope, isWithin caller: Principal) throws(RPCError) {
        guard isWithin(scope, caller.rights.tenants) else {
            throw RPCError(
                .forbidden,
                "cannot give rights in tenants that \(caller.id) does not have: name some of its own tenants")
        }
    }

    private static func isWithin(_ scope: TenantScope, _ tenants: TenantScope) -> Bool {
        scope.intersection(tenants) == scope
    }
}
