package import AuraAPI
internal import AuraModel
package import JSON
internal import JSONRPC
internal import Locking

/// A subscription's events as the daemon sends them, through losses of the connection: every one once, in order.
///
/// It has one consumer. The connection is its own but for the first, where one was given.
package final class EventStream: Sendable {
    private struct State: Sendable {
        var cursor: Cursor
        var patience: Patience
        var present: Subscribed?
        /// A connection that is there before the first subscription.
        var first: Connection?
        var hasStood = false
        var isOver = false

        mutating func endIfDone() {
            if cursor.end != nil { finish() }
        }

        /// The connection ends with its last holder.
        mutating func finish() {
            present = nil
            isOver = true
        }
    }

    private struct Subscribed: Sendable {
        var connection: Connection
        var id: String
    }

    private let settings: ClientSettings
    private let onLoss: @Sendable (Duration?) -> Void
    private let state: Locked<State>

    /// `onLoss` is told for how long the daemon will be tried when it is lost, and nil when it is back.
    init(
        _ parameters: SubscribeParameters, epoch: String?, _ settings: ClientSettings, first: Connection?,
        onLoss: @escaping @Sendable (Duration?) -> Void
    ) {
        self.settings = settings
        self.onLoss = onLoss
        state = Locked(
            State(cursor: Cursor(parameters, epoch: epoch), patience: Patience(settings.patience), first: first))
    }

    /// The place of the last event that was seen, to go on from later.
    package var seq: Int64? { state.withLock { $0.cursor.seq } }

    /// The history that ``seq`` belongs to; nil if the daemon names none.
    package var epoch: String? { state.withLock { $0.cursor.epoch } }

    /// The instance that is followed, by id once the daemon has named it; nil if all are.
    package var instance: String? { state.withLock { $0.cursor.instance } }

    /// Why it ended by itself; nil while it has not.
    package var reason: Open<SubscriptionEndReason>? { state.withLock { $0.cursor.end } }

    /// The next event; nil at the end. Throws `RPCError` where the daemon refuses it, and ``ClientError``.
    package func next() async throws -> JSONValue? {
        while !state.withLock({ $0.isOver }) {
            if let event = try await step() { return event }
        }
        return nil
    }

    /// Takes it up again behind an end that was not the wished one.
    package func goOn() {
        state.withLock { state in
            state.cursor.goOn()
            state.isOver = false
        }
    }

    /// Ends it; whoever waits for an event gets none.
    package func close() async {
        let present = state.withLock { state in
            defer { state.present = nil }
            state.isOver = true
            return state.present
        }
        await present?.connection.close()
    }

    /// Returns once the daemon follows the ledger for it.
    ///
    /// Throws ``ClientError`` if the client is closed already; if it is closed meanwhile, the subscription has ended.
    func begin() async throws {
        try settings.life.check()
        while !state.withLock({ $0.isOver || $0.present != nil }) {
            _ = try await enduring {
                _ = try await self.subscribed()
                return nil
            }
        }
    }

    /// The instances as they were when it began.
    func snapshot() async throws -> [JSONValue] {
        while true {
            let (snapshot, isComing) = state.withLock { state in
                (state.cursor.snapshot, !state.isOver && state.cursor.parameters.from == .snapshot)
            }
            if let snapshot { return snapshot }
            guard isComing else {
                throw ClientError(.noSnapshot, "cannot give a snapshot, there is none: subscribe from .snapshot")
            }
            _ = try await step()
        }
    }
}

// MARK: - One connection

extension EventStream {
    /// Takes the next message; nothing where that was no event.
    private func step() async throws -> JSONValue? {
        try await enduring {
            let present = try await self.subscribed()
            guard let notification = await present.connection.nextNotification() else {
                try Task.checkCancellation()
                throw present.connection.failure ?? ClientError(.connectionLost, "cannot go on, the connection ended")
            }
            guard notification.method == EventNotification.method,
                notification.params["subscription"]?.stringValue == present.id,
                let result = notification.params["result"]
            else { return nil }
            return self.hear(result)
        }
    }

    private func hear(_ result: JSONValue) -> JSONValue? {
        state.withLock { state in
            let event = state.cursor.hear(result)
            state.endIfDone()
            return event
        }
    }

    /// Does `body`; where the connection is lost, waits until the next attempt is due and returns nil.
    private func enduring(_ body: () async throws -> JSONValue?) async throws -> JSONValue? {
        do {
            try Task.checkCancellation()
            return try await body()
        } catch  where settings.life.isClosed {
            // Ends as by `close()`.
            state.withLock { $0.finish() }
        } catch  where isPassing(error) {
            try await recover(error)
        } catch {
            if !(error is CancellationError) { state.withLock { $0.finish() } }
            throw error
        }
        return nil
    }

    /// Whether a failure may be over at the next attempt. More of them may where the subscription has stood before.
    private func isPassing(_ error: any Error) -> Bool {
        if Passing.contains(error) { return true }
        let hasStood = state.withLock { $0.hasStood }
        switch error {
        case let error as RPCError: return error.retryable && hasStood
        case let error as ClientError: return error.code == .timedOut || (error.code == .notPermitted && hasStood)
        default: return false
        }
    }

    private func subscribed() async throws -> Subscribed {
        let (present, first) = state.withLock { state in
            defer { state.first = nil }
            return (state.present, state.first)
        }
        if let present { return present }
        let connection = if let first { first } else { try await settings.connect() }
        state.withLock { $0.patience.connected(now: settings.time.uptime()) }
        return try await subscribe(on: connection)
    }

    private func subscribe(on connection: Connection) async throws -> Subscribed {
        let parameters = try state.withLock { $0.cursor }.request()
        let reply = try await settings.within(settings.timeout) {
            try await connection.call(Methods.statusSubscribe.name, parameters)
        }
        let result = try AuraClient.read(SubscribeResult.self, from: reply, of: Methods.statusSubscribe.name)
        let subscribed = Subscribed(connection: connection, id: result.subscription)
        let isBack = try state.withLock { state in
            guard !state.isOver else { throw ClientError(.connectionLost, "cannot go on, the subscription was closed") }
            defer { state.patience.heard() }
            state.cursor.subscribed(
                head: result.head, instance: reply["instance"]?.stringValue, epoch: reply["epoch"]?.stringValue)
            state.present = subscribed
            state.hasStood = true
            return state.patience.isLost
        }
        if isBack { onLoss(nil) }
        return subscribed
    }

    private func recover(_ failure: any Error) async throws {
        let now = settings.time.uptime()
        let unit = settings.random.unit()
        let (retry, left) = state.withLock { state -> (Patience.Retry?, Duration?) in
            state.present = nil
            state.cursor.lost()
            state.endIfDone()
            guard !state.isOver else { return (nil, nil) }
            let isNew = !state.patience.isLost
            let retry = state.patience.failed(now: now, unit: unit)
            return (retry, isNew ? state.patience.left(now: now) : nil)
        }
        switch retry {
        case nil: return
        case .wait(let duration):
            if let left { onLoss(left) }
            do {
                try await settings.life.pause(for: duration, on: settings.time)
            } catch  where settings.life.isClosed {
                state.withLock { $0.finish() }
            }
        case .giveUp:
            state.withLock { $0.finish() }
            throw settings.ending(failure)
        }
    }
}
