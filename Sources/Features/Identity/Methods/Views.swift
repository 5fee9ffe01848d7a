import AuraAPI
import AuraModel
import Encoding
import JSONRPC
import Storage

extension WhoAmIResult {
    /// Creates the wire form of a caller and its rights.
    init(_ principal: Principal) {
        let scopes = Methods.scopes.filter(principal.rights.scopes.contains)
        self.init(
            principal: PrincipalID(principal.id), proof: Open(rawValue: principal.proof.rawValue), scopes: scopes,
            tenants: principal.rights.tenants.names,
            instances: principal.rights.instances?.sorted { $0.text < $1.text })
    }
}

extension PrincipalView {
    /// Creates the wire form of a principal.
    init(_ record: PrincipalRecord) {
        self.init(
            id: record.id, name: record.name, kind: Open(record.kind), scopes: record.scopes.sorted(),
            tenants: record.tenants.names, enabled: record.isEnabled, createdAt: record.createdAt,
            createdBy: record.createdBy)
    }
}

extension TokenView {
    /// Creates the wire form of a token's row.
    init(_ record: TokenRecord) {
        self.init(
            id: Base64.encodeURL(record.id), name: record.name, key: record.keyID, principal: record.principal,
            scopes: record.scopes?.sorted(), tenants: record.tenants.names, notBefore: record.notBefore,
            expires: record.expires, revokedAt: record.revokedAt, createdAt: record.createdAt,
            createdBy: record.createdBy, lastUsedAt: record.lastUsedAt)
    }
}

extension TenantView {
    /// Creates the wire form of a tenant.
    init(_ record: TenantRecord) {
        self.init(
            id: record.id, enabled: record.isEnabled, quota: TenantQuotaView(record.quota),
            createdAt: record.createdAt, createdBy: record.createdBy)
    }
}

extension TenantQuotaView {
    fileprivate init(_ quota: TenantQuota) {
        self.init(
            liveInstances: quota.liveInstances.map { Int64($0) }, jobsInFlight: quota.jobsInFlight.map { Int64($0) },
            callsPerMinute: quota.callsPerMinute.map { Int64($0) },
            mutationsPerMinute: quota.mutationsPerMinute.map { Int64($0) }, tokens: quota.tokens.map { Int64($0) },
            secrets: quota.secrets.map { Int64($0) })
    }

    /// The limits as rows have them. A number that is too large for this system counts as the largest one.
    var quota: TenantQuota {
        TenantQuota(
            liveInstances: liveInstances.map { Int(clamping: $0) },
            jobsInFlight: jobsInFlight.map { Int(clamping: $0) },
            callsPerMinute: callsPerMinute.map { Int(clamping: $0) },
            mutationsPerMinute: mutationsPerMinute.map { Int(clamping: $0) }, tokens: tokens.map { Int(clamping: $0) },
            secrets: secrets.map { Int(clamping: $0) })
    }
}

extension TenantScope {
    /// The tenants in order; `nil` for all tenants.
    var names: [TenantID]? {
        switch self {
        case .all: nil
        case .only(let tenants): tenants.sorted { $0.text < $1.text }
        }
    }
}
