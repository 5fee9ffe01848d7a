internal import AuraModel
internal import DriverKit
internal import DriverREST
internal import Locking

/// Merges calls of ``actions(_:)`` that arrive within a short window into shared requests.
///
///     caller 1: opens a round ── window ── closes it ── requests 1, 2, 3 ── delivers ──▶ result for 1
///     caller 2:      joins with 2, 3 ───────────────────────────────────▶ result for 2, 3
///     caller 3:                                 opens the next round …
///
/// If the caller who leads a round is cancelled, the next caller of the round leads it.
final class ActionGatherer: Sendable {
    typealias Outcome = [Int64: Result<WireAction?, Failure>]

    /// The ids of one window, and the callers who wait for their status.
    private final class Round: Sendable {
        let ids = Locked<Set<Int64>>([])
        let flight = SingleFlight<Outcome>()
    }

    private let window: Duration
    private let time: any TimeSource
    private let ask: @Sendable (Set<Int64>) async -> Outcome
    /// The round that further callers can join.
    private let open = Locked<Round?>(nil)

    /// The number of ids after which a round is closed. The next caller opens another round.
    private static let maximumIDs = 5000

    init(window: Duration, time: any TimeSource, ask: @escaping @Sendable (Set<Int64>) async -> Outcome) {
        self.window = window
        self.time = time
        self.ask = ask
    }

    /// Returns the status of the actions in the order of `ids`. Unknown actions are missing.
    func actions(_ ids: [Int64]) async throws(Failure) -> [ServerAction] {
        guard !ids.isEmpty else { return [] }
        let outcome = try await outcome(Set(ids))
        var actions: [ServerAction] = []
        for id in ids {
            if let action = try outcome[id]?.get() { actions.append(ServerAction(action)) }
        }
        return actions
    }

    /// The number of callers who joined the open round, without its leader.
    var callersWaiting: Int { open.withLock { $0 }?.flight.callersWaiting ?? 0 }

    private func outcome(_ ids: Set<Int64>) async throws(Failure) -> Outcome {
        let what = "read actions"
        let round = join(ids)
        return try await round.flight.run(what) { () async throws(Failure) -> Outcome in
            // If the leader is cancelled, it closes the round at once and throws. The round's next caller then leads.
            try? await time.sleep(for: window)
            open.withLock { close(round, &$0) }
            let outcome = Task.isCancelled ? [:] : await ask(round.ids.withLock { $0 })
            if Task.isCancelled { throw .cancelled(what) }
            return outcome
        }
    }

    /// Adds the ids to the open round, or opens a round with them. If the round's result is delivered before this
    /// caller begins to wait for it, this caller makes the request again.
    private func join(_ ids: Set<Int64>) -> Round {
        open.withLock { open in
            let round = open ?? Round()
            open = round
            let isFull = round.ids.withLock { all in
                all.formUnion(ids)
                return all.count >= Self.maximumIDs
            }
            if isFull { close(round, &open) }
            return round
        }
    }

    private func close(_ round: Round, _ open: inout Round?) {
        if open === round { open = nil }
    }
}

extension ServerAction {
    init(_ wire: WireAction) {
        self.init(id: String(wire.id), status: Self.status(wire))
    }

    private static func status(_ wire: WireAction) -> Status {
        switch wire.status {
        case "success": return .success
        case "error":
            let code = wire.error?.code ?? "action_failed"
            let text = PlainText.clean(wire.error?.message ?? "the provider says no more")
            let message = "cannot \(wire.command ?? "act") (action \(wire.id)): \(text)"
            guard code != "action_failed" else { return .error(Failure(.transient, code: code, message: message)) }
            return .error(
                HetznerErrorClass.failure(
                    code: PlainText.clean(code, limitBytes: 60), status: 500, text: text, effect: .read,
                    message: message))
        default: return .running
        }
    }
}
