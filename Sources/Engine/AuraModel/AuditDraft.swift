public import JSON

/// An entry of the audit before it has a position in the chain: who called what, on which object, with which outcome.
///
/// A request to the store carries a draft. The transaction of the change completes it with the object and the outcome,
/// and writes it. A draft contains no secret.
public struct AuditDraft: Sendable, Hashable {
    /// The time of the call.
    public var at: Timestamp
    /// The caller.
    public var principal: PrincipalID
    /// How the caller showed who it is, such as `peer` or `token`.
    public var proof: String
    /// The id of the token that was shown; `nil` without one.
    public var token: String?
    /// The other end of the connection.
    public var peer: String
    /// The method that was called, or the action of the daemon, such as `daemon.start`.
    public var method: String
    /// The tenant of the object; `nil` if it belongs to no single tenant. Only callers of all tenants see such an entry.
    public var tenant: TenantID?
    /// The kind and the id of the object, such as `instance 0199…`; `nil` if there is none.
    public var object: String?
    /// The change that the call caused; `nil` if there is none.
    public var change: ChangeID?
    /// One of ``Outcome``, or the name of the error that the caller received.
    public var outcome: String
    /// The parameters of the call without secrets, at most ``parametersLimitBytes`` as JSON; `nil` if there are none.
    public var parameters: JSONValue?
    /// Random bytes that are hashed with the body, ``saltBytes`` of them.
    public let salt: [UInt8]

    /// The outcomes of calls that succeeded.
    public enum Outcome {
        /// The change was made.
        public static let accepted = "accepted"
        /// The call repeated an earlier one by its idempotency key, and changed nothing.
        public static let repeated = "repeated"
        /// The call joined a job that does the same, and changed nothing else.
        public static let joined = "joined"
        /// There was nothing to change.
        public static let unchanged = "unchanged"
    }

    /// The number of bytes of a salt. Without it, an erased short body could be guessed from its hash.
    public static let saltBytes = 16
    /// The longest body, in bytes.
    public static let bodyLimitBytes = 8192
    /// The longest JSON text of ``parameters``, in bytes.
    public static let parametersLimitBytes = 5120
    /// The longest text of another member, in bytes. Longer ones are cut off.
    private static let textLimitBytes = 128

    /// Creates a draft. Traps if the salt does not have ``saltBytes``.
    public init(
        at: Timestamp, principal: PrincipalID, proof: String, token: String? = nil, peer: String, method: String,
        tenant: TenantID? = nil, object: String? = nil, change: ChangeID? = nil, outcome: String = Outcome.accepted,
        parameters: JSONValue? = nil, salt: [UInt8]
    ) {
        precondition(salt.count == Self.saltBytes, "a salt has \(Self.saltBytes) bytes")
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
        self.salt = salt
    }

    /// Returns a new salt.
    public static func salt(_ random: some RandomSource) -> [UInt8] {
        (0..<saltBytes / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }

    /// The entry as JSON, with its members in alphabetical order. These bytes are stored and hashed, and never encoded
    /// again.
    public var body: [UInt8] {
        var json = JSONText(capacity: 512)
        json.object { json in
            json.member("at", at)
            json.member("change", change.map { Self.short($0.text) })
            json.member("method", Self.short(method))
            json.member("object", object.map(Self.short))
            json.member("outcome", Self.short(outcome))
            if let parameters { json.member("parameters", parameters) }
            json.member("peer", Self.short(peer))
            json.member("principal", Self.short(principal.text))
            json.member("proof", Self.short(proof))
            // The owner of the installation's secrets is no tenant.
            json.member("tenant", tenant == Tenant.installation ? nil : tenant.map { Self.short($0.text) })
            json.member("token", token.map(Self.short))
        }
        return json.bytes
    }

    /// Cuts off a text, and replaces control characters, whose escapes would make it longer.
    private static func short(_ text: String) -> String {
        if text.utf8.count <= textLimitBytes, text.utf8.allSatisfy({ $0 >= 0x20 }) { return text }
        var scalars = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            let shown = scalar.value < 0x20 ? "?" : scalar
            count += shown.utf8.count
            if count > textLimitBytes { break }
            scalars.append(shown)
        }
        return String(scalars)
    }
}
