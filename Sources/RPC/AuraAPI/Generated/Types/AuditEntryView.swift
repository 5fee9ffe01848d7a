// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSON

/// An entry of the audit: a call that changed something or was refused, or an action of the daemon. Members other
/// than `seq` and `hash` are absent if the content of the entry was erased.
public struct AuditEntryView: Sendable, Hashable, Codable {
    /// The position in the audit, from 1, without gaps.
    public var seq: Int64
    /// The hash of the chain up to this entry, in base64.
    public var hash: String
    /// The time of the call.
    public var at: Timestamp?
    /// The caller; `aurad` for the daemon itself.
    public var principal: PrincipalID?
    /// How the caller showed who it is.
    public var proof: Open<Proof>?
    /// The token that was shown; absent without one.
    public var token: String?
    /// The other end of the connection.
    public var peer: String?
    /// The method, or the action of the daemon, such as `daemon.start`.
    public var method: String?
    /// The tenant of the object; absent if it belongs to no single tenant.
    public var tenant: TenantID?
    /// The kind and the id of the object, such as `instance` and its id; absent if there is none.
    public var object: String?
    /// The change that the call caused; absent if there is none.
    public var change: ChangeID?
    /// `accepted`, `repeated`, `joined` or `unchanged`, or the name of the error that the caller received.
    public var outcome: String?
    /// The parameters without secrets. Long ones are replaced by their length and their SHA-256.
    public var parameters: JSONValue?

    public init(
        seq: Int64, hash: String, at: Timestamp? = nil, principal: PrincipalID? = nil, proof: Open<Proof>? = nil,
        token: String? = nil, peer: String? = nil, method: String? = nil, tenant: TenantID? = nil,
        object: String? = nil, change: ChangeID? = nil, outcome: String? = nil, parameters: JSONValue? = nil
    ) {
        self.seq = seq
        self.hash = hash
        self.at = at
        self.principal = principal
        self.proof = proof
        self.token = token
        self.peer = peer
        self.method = method
        self.tenant = tenant
        self.object = object
        self.change = change
        self.outcome = outcome
        self.parameters = parameters
    }
}
