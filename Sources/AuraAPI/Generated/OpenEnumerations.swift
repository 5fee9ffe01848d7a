// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

extension Open where Known == Cancellation {
    /// Somebody asked: its steps are undone.
    public static var requested: Self { Self(.requested) }
    /// A destroy took over: it stops where it is, and the destroy cleans up.
    public static var superseded: Self { Self(.superseded) }
}

extension Open where Known == DesiredState {
    /// It answers.
    public static var running: Self { Self(.running) }
    /// Its machine is off.
    public static var suspended: Self { Self(.suspended) }
    /// Nothing of it exists.
    public static var destroyed: Self { Self(.destroyed) }
}

extension Open where Known == ErrorClass {
    /// The same call may succeed later.
    public static var transient: Self { Self(.transient) }
    /// No room here: the next location or type is tried.
    public static var capacity: Self { Self(.capacity) }
    /// Repeating changes nothing.
    public static var permanent: Self { Self(.permanent) }
    /// The effect may have happened.
    public static var ambiguous: Self { Self(.ambiguous) }
}

extension Open where Known == EventType {
    /// A job was accepted.
    public static var jobQueued: Self { Self(.jobQueued) }
    /// Its first step begins.
    public static var jobStarted: Self { Self(.jobStarted) }
    /// Its steps are being undone.
    public static var jobCompensating: Self { Self(.jobCompensating) }
    /// Somebody asked to cancel it.
    public static var jobCancelRequested: Self { Self(.jobCancelRequested) }
    /// Somebody asked to go on now.
    public static var jobRetryRequested: Self { Self(.jobRetryRequested) }
    /// It cannot go on until somebody repairs what is in its way.
    public static var jobParked: Self { Self(.jobParked) }
    /// The end: it reached what was asked.
    public static var jobSucceeded: Self { Self(.jobSucceeded) }
    /// The end: it did not.
    public static var jobFailed: Self { Self(.jobFailed) }
    /// The end: somebody ended it, or a destroy took over.
    public static var jobCancelled: Self { Self(.jobCancelled) }
    /// An instance is in another phase; `data.from`, `data.to`.
    public static var phaseChanged: Self { Self(.phaseChanged) }
    /// A step begins.
    public static var stepStarted: Self { Self(.stepStarted) }
    /// How far a step is.
    public static var stepProgress: Self { Self(.stepProgress) }
    /// A step waits for something.
    public static var stepWaiting: Self { Self(.stepWaiting) }
    /// A step is tried again after a failure.
    public static var stepRetrying: Self { Self(.stepRetrying) }
    /// A step succeeded; `data.milliseconds`.
    public static var stepDone: Self { Self(.stepDone) }
    /// A step failed for good.
    public static var stepFailed: Self { Self(.stepFailed) }
    /// A step is being undone.
    public static var stepUndoing: Self { Self(.stepUndoing) }
    /// A step was undone.
    public static var stepUndone: Self { Self(.stepUndone) }
    /// A step could not be undone for now.
    public static var stepUndoFailed: Self { Self(.stepUndoFailed) }
    /// An Ansible task begins.
    public static var taskStarted: Self { Self(.taskStarted) }
    /// An Ansible task ended.
    public static var taskFinished: Self { Self(.taskFinished) }
    /// An Ansible task failed.
    public static var taskFailed: Self { Self(.taskFailed) }
    /// An Ansible run ended; `data` has its counts.
    public static var runRecap: Self { Self(.runRecap) }
    /// A sweep wrote a machine into its instance.
    public static var resourceAdopted: Self { Self(.resourceAdopted) }
    /// A sweep cut the power of an orphan.
    public static var resourceQuarantined: Self { Self(.resourceQuarantined) }
    /// A sweep deleted an orphan.
    public static var resourceReaped: Self { Self(.resourceReaped) }
    /// An instance's machine does not exist any more.
    public static var instanceLost: Self { Self(.instanceLost) }
    /// A lost machine is there again.
    public static var instanceFound: Self { Self(.instanceFound) }
    /// Somebody has to look; `data.code` says at what.
    public static var alertRaised: Self { Self(.alertRaised) }
}

extension Open where Known == InstanceKind {
    /// An always-on AI agent on its own machine.
    public static var agent: Self { Self(.agent) }
}

extension Open where Known == JobKind {
    /// From nothing to a running agent.
    public static var provision: Self { Self(.provision) }
    /// Shuts the machine down, and keeps its disk.
    public static var suspend: Self { Self(.suspend) }
    /// Starts a suspended machine.
    public static var resume: Self { Self(.resume) }
    /// Shuts the machine down and starts it.
    public static var restart: Self { Self(.restart) }
    /// Removes everything; takes over from any other job.
    public static var destroy: Self { Self(.destroy) }
}

extension Open where Known == JobState {
    /// Nothing of it ran.
    public static var queued: Self { Self(.queued) }
    /// A worker has it.
    public static var running: Self { Self(.running) }
    /// It waits for a moment, holding no worker.
    public static var waiting: Self { Self(.waiting) }
    /// Its steps are being undone.
    public static var compensating: Self { Self(.compensating) }
    /// It reached what was asked.
    public static var succeeded: Self { Self(.succeeded) }
    /// It did not, and what it had begun was undone.
    public static var failed: Self { Self(.failed) }
    /// Somebody ended it.
    public static var cancelled: Self { Self(.cancelled) }
}

extension Open where Known == Phase {
    /// Accepted; nothing was done in the outside world.
    public static var queued: Self { Self(.queued) }
    /// A machine is being created and booted.
    public static var provisioning: Self { Self(.provisioning) }
    /// Ansible runs on the machine.
    public static var configuring: Self { Self(.configuring) }
    /// The machine joins the tailnet and is checked.
    public static var networking: Self { Self(.networking) }
    /// The agent answers.
    public static var running: Self { Self(.running) }
    /// The machine is being shut down.
    public static var suspending: Self { Self(.suspending) }
    /// The machine is off; its disk is kept and still billed.
    public static var suspended: Self { Self(.suspended) }
    /// The machine is being started.
    public static var resuming: Self { Self(.resuming) }
    /// The machine restarts.
    public static var restarting: Self { Self(.restarting) }
    /// An operation ended without reaching what was asked.
    public static var degraded: Self { Self(.degraded) }
    /// A failed provision is being undone.
    public static var rollingBack: Self { Self(.rollingBack) }
    /// A provision failed and was undone.
    public static var failed: Self { Self(.failed) }
    /// Everything is being removed.
    public static var destroying: Self { Self(.destroying) }
    /// Nothing is left in the outside world.
    public static var destroyed: Self { Self(.destroyed) }
}

extension Open where Known == ReconcileAction {
    /// Nothing yet, or nothing at all; `reason` says why.
    public static var none: Self { Self(.none) }
    /// Written into its instance's row.
    public static var adopted: Self { Self(.adopted) }
    /// Its power was cut.
    public static var quarantined: Self { Self(.quarantined) }
    /// It was deleted.
    public static var reaped: Self { Self(.reaped) }
    /// The instance was marked, and an alert raised.
    public static var marked: Self { Self(.marked) }
    /// It is due, and over this run's limit.
    public static var deferred: Self { Self(.deferred) }
    /// It was due, and did not succeed; the next run tries again.
    public static var failed: Self { Self(.failed) }
}

extension Open where Known == ReconcileVerdict {
    /// An instance without a machine, and the machine that carries its labels.
    public static var unknown: Self { Self(.unknown) }
    /// It carries our labels, and nobody owns it.
    public static var orphan: Self { Self(.orphan) }
    /// It has our kind of name, and is not provably ours: never touched.
    public static var foreign: Self { Self(.foreign) }
    /// An instance's machine does not exist any more.
    public static var lost: Self { Self(.lost) }
    /// A lost machine is there again.
    public static var found: Self { Self(.found) }
    /// A machine is off whose instance is `running`, or the other way round.
    public static var drift: Self { Self(.drift) }
}

extension Open where Known == ResourceKind {
    /// A machine.
    public static var server: Self { Self(.server) }
    /// An SSH key at the provider.
    public static var key: Self { Self(.key) }
    /// A device of the tailnet.
    public static var device: Self { Self(.device) }
}

extension Open where Known == StepState {
    /// Not begun.
    public static var pending: Self { Self(.pending) }
    /// Begun: the outside world may have been touched.
    public static var intent: Self { Self(.intent) }
    /// Nobody knows whether the effect happened.
    public static var ambiguous: Self { Self(.ambiguous) }
    /// It succeeded.
    public static var done: Self { Self(.done) }
    /// It failed for good.
    public static var failed: Self { Self(.failed) }
    /// Its undo was begun.
    public static var undoing: Self { Self(.undoing) }
    /// Its undo succeeded.
    public static var undone: Self { Self(.undone) }
    /// Something may be left, and its id is kept; it is tried again, rarely.
    public static var undoFailed: Self { Self(.undoFailed) }
}

extension Open where Known == SubscriptionEndReason {
    /// Every job that the filter matches has come to its end.
    public static var terminal: Self { Self(.terminal) }
    /// As many events as were asked for were delivered.
    public static var maxEvents: Self { Self(.maxEvents) }
    /// The client did not keep up, and asked to be told so.
    public static var lagged: Self { Self(.lagged) }
    /// What was to come next was pruned.
    public static var cursorExpired: Self { Self(.cursorExpired) }
}
