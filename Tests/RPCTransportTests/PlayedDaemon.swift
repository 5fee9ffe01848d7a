import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Locking

/// Replies like a daemon, over one or more server lives: operations, jobs, and a ledger that never changes.
///
/// The faults are scripted: how many messages a subscription delivers before its connection ends, and which calls are
/// refused.
struct PlayedDaemon: Sendable {
    struct State: Sendable {
        /// The number of messages after which each subscription's connection ends, in order. Later subscriptions are
        /// not cut.
        var cuts: [Int] = []
        /// The errors of the next calls.
        var refusals: [RPCError] = []
        var subscribed: [SubscribeParameters] = []
        /// The idempotency keys of the operations, in order of arrival.
        var keys: [String?] = []
        var jobState = JobState.succeeded
        var eventType = EventType.stepDone.rawValue
        var endReason = SubscriptionEndReason.terminal.rawValue
        var waits = 0
    }

    static let instance = InstanceView(
        id: InstanceID("i1"), name: "ada", tenant: Tenant.default, kind: .agent, desired: .running, phase: .running,
        region: "eu-central", size: "small", generation: 1, change: ChangeID("c1"), createdAt: Self.noon,
        updatedAt: Self.noon)
    static let noon = Timestamp(milliseconds: 1_795_176_000_000)

    static func job(_ state: JobState) -> JobView {
        JobView(
            id: JobID("j1"), kind: .provision, instance: instance.id, tenant: Tenant.default, change: ChangeID("c1"),
            state: Open(state), attempt: 0,
            failure: state == .failed ? FailureView(class: .permanent, code: "nope", message: "not allowed") : nil,
            createdAt: noon, deadline: noon)
    }

    /// The `seq` of the newest event.
    let head: Int64
    let state = Locked(State())
    /// The queue holds all messages of a subscription, because they are offered at once.
    static let limits = RPCLimits(outboundQueueBytes: 64 << 20)

    /// Holds `restart`, which gets no reply until the gate is released.
    let gate = Gate()

    init(head: Int64 = 0) {
        self.head = head
    }

    var router: Router {
        var router = Router { _ in }
        router.registerImmediate(AuraAPI.Methods.systemPing) { _, _ in
            try refuse()
            return PingResult(pong: true)
        }
        router.registerImmediate(AuraAPI.Methods.provision) { given, _ in
            state.withLock { $0.keys.append(given.idempotencyKey) }
            try refuse()
            return OperationResult(instance: Self.instance, job: Self.job(.queued))
        }
        router.register(AuraAPI.Methods.restart) { given, _ in
            state.withLock { $0.keys.append(given.idempotencyKey) }
            await gate.wait()
            return OperationResult(instance: Self.instance, job: Self.job(.queued))
        }
        router.registerImmediate(AuraAPI.Methods.jobWait) { _, _ in
            try refuse()
            return JobResult(job: Self.job(state.withLock { $0.jobState }))
        }
        router.registerImmediate(AuraAPI.Methods.statusGet) { _, _ in StatusGetResult(instance: Self.instance) }
        router.registerImmediate(AuraAPI.Methods.statusSubscribe) { given, call in try subscribe(given, call.session) }
        return router
    }

    private func refuse() throws {
        let refusal = state.withLock { $0.refusals.isEmpty ? nil : $0.refusals.removeFirst() }
        if let refusal { throw refusal }
    }

    private func subscribe(_ given: SubscribeParameters, _ session: Session) throws -> Reply<SubscribeResult> {
        state.withLock { $0.subscribed.append(given) }
        try refuse()
        let messages = messages(given)
        let cut = state.withLock { $0.cuts.isEmpty ? nil : $0.cuts.removeFirst() }
        return Reply(SubscribeResult(subscription: "s1", head: head)) {
            for message in messages.prefix(cut ?? messages.count) {
                _ = session.offer(
                    Session.notification(
                        EventNotification.method, params: ["subscription": "s1", "result": message]))
            }
            if cut != nil { session.close() }
        }
    }

    /// The messages of a subscription: a snapshot of two pages if requested, the events, a bookmark, and the end.
    private func messages(_ given: SubscribeParameters) -> [JSONValue] {
        var messages: [JSONValue] = []
        var last: Int64 = 0
        switch given.from {
        case .start: last = 0
        case .after(let seq): last = seq
        case .snapshot:
            last = head / 2
            messages = [page(at: last, isComplete: false), page(at: last, isComplete: true)]
        case .now, nil: last = head
        }
        let count = given.maxEvents ?? head
        messages += (last..<head).prefix(Int(count)).map { event($0 + 1) }
        if let wanted = given.maxEvents, Int64(messages.count) == wanted {
            messages.append(["type": "subscription.ended", "reason": "maxEvents", "seq": .integer(head)])
        } else if given.until == .terminal {
            messages.append(["type": "subscription.bookmark", "seq": .integer(head + 5)])
            messages.append([
                "type": "subscription.ended", "reason": .string(state.withLock { $0.endReason }),
                "seq": .integer(head + 5),
            ])
        }
        return messages
    }

    private func event(_ seq: Int64) -> JSONValue {
        [
            "seq": .integer(seq), "at": .string(Self.noon.description),
            "type": .string(state.withLock { $0.eventType }),
            "tenant": "default",
            "message": .string("event \(seq)"),
        ]
    }

    private func page(at seq: Int64, isComplete: Bool) -> JSONValue {
        let instance = try? JSONValueEncoder().encode(Self.instance)
        return [
            "type": "subscription.snapshot", "seq": .integer(seq), "instances": [instance ?? .null],
            "complete": .bool(isComplete),
        ]
    }
}
