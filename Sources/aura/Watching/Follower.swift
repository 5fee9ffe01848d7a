import AuraAPI
import AuraClient
import AuraModel
import JSON
import Locking

/// Follows the ledger to the watch's end, through losses of the connection: every event once, in order.
struct Follower: Sendable {
    private struct State: Sendable {
        var machine: WatchStateMachine
        var outcomes = Outcomes()
        var isSubscribed = false
    }

    let watch: Watch
    let view: any WatchView
    private let invocation: Invocation
    private let state: Locked<State>

    init(_ watch: Watch, view: any WatchView, _ invocation: Invocation) {
        self.watch = watch
        self.view = view
        self.invocation = invocation
        let patience = Duration.milliseconds(Int64(watch.reconnectSeconds * 1000))
        state = Locked(State(machine: WatchStateMachine(start: watch.start, patience: patience)))
    }

    /// How to go on with this watch later.
    var resumption: String {
        invocation.command(watch.subject.command(after: state.withLock { $0.machine.seq }))
    }

    /// Follows, first on a connection that is there. Returns at the watch's end; throws a ``Complaint`` where the daemon
    /// refuses it or stays away.
    func run(on first: Daemon) async throws -> Outcomes {
        var present: Daemon? = first
        while true {
            do {
                let daemon: Daemon
                if let present { daemon = present } else { daemon = try await invocation.connect() }
                present = nil
                if try await follow(on: daemon) { return state.withLock { $0.outcomes } }
                await daemon.close()
            } catch let complaint as Complaint where isPassing(complaint) {}
            try Task.checkCancellation()
            try await pause()
        }
    }

    /// Whether a complaint may be over at the next try.
    private func isPassing(_ complaint: Complaint) -> Bool {
        switch complaint.kind {
        case .unreachable, .timeout, .connectionLost: true
        case .refused: complaint.isRetryable && state.withLock { $0.isSubscribed }
        case .jobEnded, .unreadableAnswer, .interrupted, .terminated: false
        }
    }

    private func pause() async throws {
        let now = invocation.time.now()
        let unit = invocation.random.unit()
        let (retry, left, isNew) = state.withLock { state in
            let isNew = state.machine.patienceLeft(now: now) == nil
            return (state.machine.lost(now: now, unit: unit), state.machine.patienceLeft(now: now), isNew)
        }
        switch retry {
        case .wait(let duration):
            if isNew { view.connectionLost(until: now + (left ?? .zero)) }
            try await invocation.time.sleep(for: duration)
        case .giveUp:
            throw Complaint(
                .connectionLost,
                "cannot go on watching, the daemon was away for \(Int(watch.reconnectSeconds)) s: go on with \(resumption)"
            )
        }
    }
}

// MARK: - One connection

extension Follower {
    /// Returns true at the watch's end, false where the connection ended.
    private func follow(on daemon: Daemon) async throws -> Bool {
        let start = state.withLock { $0.machine.start }
        let answer = try await daemon.call(
            .subscribe(watch.subject, from: start, until: watch.end), as: SubscribeAnswer.self)
        let isBack = state.withLock { state in
            defer { state.isSubscribed = true }
            let isBack = state.machine.patienceLeft(now: invocation.time.now()) != nil
            state.machine.subscribed(head: answer.head)
            return isBack
        }
        if isBack { view.connectionLost(until: nil) }
        for await notification in daemon.notifications where notification.method == EventNotification.method {
            guard notification.params["subscription"]?.stringValue == answer.subscription,
                let result = notification.params["result"]
            else { continue }
            if try await take(result) { return true }
        }
        try Task.checkCancellation()
        return false
    }

    /// Takes what a notification brought. Returns true where it was the end.
    private func take(_ result: JSONValue) async throws -> Bool {
        let seq = result["seq"]?.integerValue
        let isNew = seq.map { seq in state.withLock { $0.machine.received(seq) } } ?? true
        if let type = result["type"]?.stringValue, type.hasPrefix("subscription.") {
            return type == "subscription.ended" && result["reason"]?.stringValue == "terminal"
        }
        guard isNew else { return false }
        let event = try Answer.read(EventAnswer.self, from: result)
        state.withLock { $0.outcomes.record(event) }
        await view.show(EventRecord(raw: result, event: event))
        return false
    }
}
