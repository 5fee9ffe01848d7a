// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

extension Open where Known == AuditProof {
    /// The entries are consistent in themselves: each hash follows from the one before.
    public static var chain: Self { Self(.chain) }
    /// The entries agree with the signed checkpoints that the database keeps.
    public static var checkpoints: Self { Self(.checkpoints) }
    /// The entries agree with a checkpoint that was kept elsewhere.
    public static var outside: Self { Self(.outside) }
    /// The events of the ledger agree with the entries of the audit that have their hashes.
    public static var events: Self { Self(.events) }
}

extension Open where Known == Cancellation {
    /// `job.cancel` was called: the steps of the job are undone.
    public static var requested: Self { Self(.requested) }
    /// A destroy took over: the job stops without an undo, and the destroy removes what it created.
    public static var superseded: Self { Self(.superseded) }
}

extension Open where Known == DesiredState {
    /// The machine is on and the agent runs.
    public static var running: Self { Self(.running) }
    /// The machine is off.
    public static var suspended: Self { Self(.suspended) }
    /// No resource of the instance exists.
    public static var destroyed: Self { Self(.destroyed) }
}

extension Open where Known == ErrorClass {
    /// The same call may succeed later.
    public static var transient: Self { Self(.transient) }
    /// The provider has no capacity here: the next location or server type is tried.
    public static var capacity: Self { Self(.capacity) }
    /// The same call fails again.
    public static var permanent: Self { Self(.permanent) }
    /// The effect may have happened: it is looked up before a retry.
    public static var ambiguous: Self { Self(.ambiguous) }
}

extension Open where Known == EventType {
    /// A job was accepted.
    public static var jobQueued: Self { Self(.jobQueued) }
    /// The first step of a job begins.
    public static var jobStarted: Self { Self(.jobStarted) }
    /// The steps of a job are being undone.
    public static var jobCompensating: Self { Self(.jobCompensating) }
    /// `job.cancel` was called.
    public static var jobCancelRequested: Self { Self(.jobCancelRequested) }
    /// `job.retry` made a waiting job due now.
    public static var jobRetryRequested: Self { Self(.jobRetryRequested) }
    /// A job cannot continue until an operator removes the cause; it retries rarely.
    public static var jobParked: Self { Self(.jobParked) }
    /// Final: the job reached its goal.
    public static var jobSucceeded: Self { Self(.jobSucceeded) }
    /// Final: the job did not reach its goal; `data` has the failure.
    public static var jobFailed: Self { Self(.jobFailed) }
    /// Final: `job.cancel` or a destroy ended the job.
    public static var jobCancelled: Self { Self(.jobCancelled) }
    /// An instance entered another phase; `data.from`, `data.to`.
    public static var phaseChanged: Self { Self(.phaseChanged) }
    /// A step begins.
    public static var stepStarted: Self { Self(.stepStarted) }
    /// The progress of a step.
    public static var stepProgress: Self { Self(.stepProgress) }
    /// A step waits for a condition.
    public static var stepWaiting: Self { Self(.stepWaiting) }
    /// A step or its undo failed and is retried; `data.attempt`, `data.retryAt`.
    public static var stepRetrying: Self { Self(.stepRetrying) }
    /// A step succeeded; `data.milliseconds`.
    public static var stepDone: Self { Self(.stepDone) }
    /// A step failed and is not retried; `data` has the failure.
    public static var stepFailed: Self { Self(.stepFailed) }
    /// A step is being undone.
    public static var stepUndoing: Self { Self(.stepUndoing) }
    /// A step was undone.
    public static var stepUndone: Self { Self(.stepUndone) }
    /// The undo of a step failed; it is retried rarely.
    public static var stepUndoFailed: Self { Self(.stepUndoFailed) }
    /// An Ansible task begins.
    public static var taskStarted: Self { Self(.taskStarted) }
    /// An Ansible task ended; `data.outcome`, `data.milliseconds`.
    public static var taskFinished: Self { Self(.taskFinished) }
    /// An Ansible task failed; `data.ignored`.
    public static var taskFailed: Self { Self(.taskFailed) }
    /// An Ansible run ended; `data` has its counts.
    public static var runRecap: Self { Self(.runRecap) }
    /// A sweep recorded a server as the machine of its instance.
    public static var resourceAdopted: Self { Self(.resourceAdopted) }
    /// A sweep cuts the power of an orphaned server.
    public static var resourceQuarantined: Self { Self(.resourceQuarantined) }
    /// A sweep deleted an orphaned resource.
    public static var resourceReaped: Self { Self(.resourceReaped) }
    /// The machine of an instance does not exist any more.
    public static var instanceLost: Self { Self(.instanceLost) }
    /// The machine of a lost instance exists again.
    public static var instanceFound: Self { Self(.instanceFound) }
    /// An operator must act; `data.code` names the problem.
    public static var alertRaised: Self { Self(.alertRaised) }
}

extension Open where Known == InstanceKind {
    /// An always-on AI agent on its own machine.
    public static var agent: Self { Self(.agent) }
}

extension Open where Known == JobKind {
    /// Creates a machine and runs the agent on it.
    public static var provision: Self { Self(.provision) }
    /// Shuts down the machine and keeps its disk.
    public static var suspend: Self { Self(.suspend) }
    /// Starts a suspended machine.
    public static var resume: Self { Self(.resume) }
    /// Shuts down the machine and starts it again.
    public static var restart: Self { Self(.restart) }
    /// Removes all resources of the instance; it takes over from any other job.
    public static var destroy: Self { Self(.destroy) }
}

extension Open where Known == JobState {
    /// No step has begun.
    public static var queued: Self { Self(.queued) }
    /// A worker is running it.
    public static var running: Self { Self(.running) }
    /// It waits for a time or a condition and holds no worker.
    public static var waiting: Self { Self(.waiting) }
    /// Its steps are being undone.
    public static var compensating: Self { Self(.compensating) }
    /// It reached its goal.
    public static var succeeded: Self { Self(.succeeded) }
    /// It did not reach its goal, and the steps that had begun were undone.
    public static var failed: Self { Self(.failed) }
    /// `job.cancel` or a destroy ended it.
    public static var cancelled: Self { Self(.cancelled) }
}

extension Open where Known == LagPolicy {
    /// Every event is delivered later, from the ledger.
    public static var replay: Self { Self(.replay) }
    /// Late delivery leaves out progress that a later event of the same job replaces; no change of state is left out.
    public static var coalesce: Self { Self(.coalesce) }
    /// The subscription ends with the reason `lagged`.
    public static var close: Self { Self(.close) }
}

extension Open where Known == ListOrder {
    /// The oldest first.
    public static var oldest: Self { Self(.oldest) }
    /// The newest first.
    public static var newest: Self { Self(.newest) }
}

extension Open where Known == Phase {
    /// The instance was accepted, and no resource exists yet.
    public static var queued: Self { Self(.queued) }
    /// The machine is being created and booted.
    public static var provisioning: Self { Self(.provisioning) }
    /// Ansible runs on the machine.
    public static var configuring: Self { Self(.configuring) }
    /// The machine joins the tailnet, and the agent is checked.
    public static var networking: Self { Self(.networking) }
    /// The agent passed its health check.
    public static var running: Self { Self(.running) }
    /// The machine is being shut down.
    public static var suspending: Self { Self(.suspending) }
    /// The machine is off; its disk is kept and still billed.
    public static var suspended: Self { Self(.suspended) }
    /// The machine is being started.
    public static var resuming: Self { Self(.resuming) }
    /// The machine is being shut down and started again.
    public static var restarting: Self { Self(.restarting) }
    /// An operation did not reach its goal, or the machine is lost.
    public static var degraded: Self { Self(.degraded) }
    /// A failed or cancelled provision is being undone.
    public static var rollingBack: Self { Self(.rollingBack) }
    /// A provision failed or was cancelled, and was undone.
    public static var failed: Self { Self(.failed) }
    /// All resources are being removed.
    public static var destroying: Self { Self(.destroying) }
    /// No resource of the instance is left.
    public static var destroyed: Self { Self(.destroyed) }
}

extension Open where Known == PrincipalKind {
    /// A human user.
    public static var person: Self { Self(.person) }
    /// A program.
    public static var service: Self { Self(.service) }
}

extension Open where Known == Proof {
    /// The caller has shown nothing.
    public static var anonymous: Self { Self(.anonymous) }
    /// The kernel's record of a process on the Unix socket.
    public static var peer: Self { Self(.peer) }
    /// A client certificate.
    public static var certificate: Self { Self(.certificate) }
    /// A token.
    public static var token: Self { Self(.token) }
    /// The cookie of a dashboard's session.
    public static var session: Self { Self(.session) }
    /// The daemon itself.
    public static var `internal`: Self { Self(.`internal`) }
}

extension Open where Known == ReconcileAction {
    /// No action, or no action so far; `reason` has the cause.
    public static var none: Self { Self(.none) }
    /// The server was recorded as the machine of its instance.
    public static var adopted: Self { Self(.adopted) }
    /// The power of the server was cut.
    public static var quarantined: Self { Self(.quarantined) }
    /// The resource was deleted.
    public static var reaped: Self { Self(.reaped) }
    /// The instance was updated: its machine is lost, or exists again.
    public static var marked: Self { Self(.marked) }
    /// An action is due, but a limit, a backoff, or too many orphans postpone it.
    public static var deferred: Self { Self(.deferred) }
    /// An action failed; a later sweep tries it again.
    public static var failed: Self { Self(.failed) }
}

extension Open where Known == ReconcileVerdict {
    /// A server with the labels and name of an instance that has no machine recorded.
    public static var unknown: Self { Self(.unknown) }
    /// A resource of Aura that no instance owns.
    public static var orphan: Self { Self(.orphan) }
    /// A resource with a name like Aura's that is not provably Aura's; it is never touched.
    public static var foreign: Self { Self(.foreign) }
    /// The machine of an instance is missing from its provider's listing.
    public static var lost: Self { Self(.lost) }
    /// The machine of a lost instance is listed again.
    public static var found: Self { Self(.found) }
    /// A machine that is off although its instance is `running`, or on although it is `suspended`.
    public static var drift: Self { Self(.drift) }
}

extension Open where Known == ResourceKind {
    /// A machine.
    public static var server: Self { Self(.server) }
    /// An SSH key at the provider of machines.
    public static var key: Self { Self(.key) }
    /// A device of the tailnet.
    public static var device: Self { Self(.device) }
}

extension Open where Known == Role {
    /// Reads everything but the audit.
    public static var viewer: Self { Self(.viewer) }
    /// Also operates instances and jobs.
    public static var `operator`: Self { Self(.`operator`) }
    /// Also makes tokens and secrets, in its tenants.
    public static var tenantAdmin: Self { Self(.tenantAdmin) }
    /// Reads the audit, and nothing else.
    public static var auditor: Self { Self(.auditor) }
    /// Everything, except to reveal secrets.
    public static var admin: Self { Self(.admin) }
}

extension Open where Known == SecretClass {
    /// Only the daemon uses the value, no method returns it.
    public static var sealed: Self { Self(.sealed) }
    /// `secret.reveal` returns the value.
    public static var exportable: Self { Self(.exportable) }
}

extension Open where Known == StepState {
    /// It has not begun.
    public static var pending: Self { Self(.pending) }
    /// It has begun: its effect may have happened.
    public static var intent: Self { Self(.intent) }
    /// A try failed without a clear result: its effect may have happened.
    public static var ambiguous: Self { Self(.ambiguous) }
    /// It succeeded.
    public static var done: Self { Self(.done) }
    /// It failed and is not retried.
    public static var failed: Self { Self(.failed) }
    /// Its undo has begun.
    public static var undoing: Self { Self(.undoing) }
    /// Its undo succeeded.
    public static var undone: Self { Self(.undone) }
    /// Its undo failed: a resource may be left, its id is kept, and the undo is retried rarely.
    public static var undoFailed: Self { Self(.undoFailed) }
}

extension Open where Known == SubscriptionEnd {
    /// Every job that the filter matches has ended.
    public static var terminal: Self { Self(.terminal) }
}

extension Open where Known == SubscriptionEndReason {
    /// Every job that the filter matches has ended.
    public static var terminal: Self { Self(.terminal) }
    /// The requested number of events was delivered.
    public static var maxEvents: Self { Self(.maxEvents) }
    /// The client did not read fast enough, and `onLag` is `close`.
    public static var lagged: Self { Self(.lagged) }
    /// The next events were pruned.
    public static var cursorExpired: Self { Self(.cursorExpired) }
}
