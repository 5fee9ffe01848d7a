/// The durable state, by roles. Each domain operation is one method and one transaction.
///
/// A component accepts only the roles that it uses, such as `any Ledger & Coordination`. All roles of a store use the
/// same database: a read of one role sees what was committed through another.
public protocol Store:
    JobStore, InstanceStore, Ledger, Coordination, IdentityStore, SecretStore, AuditStore, RecordStore
{}
