// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The result of a verification of the whole audit.
public struct AuditVerifyResult: Sendable, Hashable, Codable {
    /// False if there is a mismatch.
    public var consistent: Bool
    /// What was proved; empty after a mismatch.
    public var proofs: [Open<AuditProof>]
    /// The last entry that was pruned; 0 if none was.
    public var floor: Int64
    /// The newest entry; 0 if there is none.
    public var head: Int64
    /// The hash of the newest entry, in base64.
    public var hash: String
    /// The number of entries whose content was erased.
    public var erased: Int64
    /// The number of events that were compared with their hashes in the audit.
    public var events: Int64
    /// The number of events with a hash in the audit that were not compared, because some of the events under the
    /// same hash were pruned.
    public var eventsPruned: Int64
    /// The first mismatch; absent if there is none.
    public var fault: String?
    /// The reason why a proof is missing; absent if there is none.
    public var remark: String?

    public init(
        consistent: Bool, proofs: [Open<AuditProof>], floor: Int64, head: Int64, hash: String, erased: Int64,
        events: Int64, eventsPruned: Int64, fault: String? = nil, remark: String? = nil
    ) {
        self.consistent = consistent
        self.proofs = proofs
        self.floor = floor
        self.head = head
        self.hash = hash
        self.erased = erased
        self.events = events
        self.eventsPruned = eventsPruned
        self.fault = fault
        self.remark = remark
    }
}
