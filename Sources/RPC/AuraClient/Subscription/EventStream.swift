package import AuraAPI
internal import AuraModel
internal import JSON
internal import JSONRPC
internal import Locking

/// The events of a subscription as the daemon sent them, each once and in order, across reconnects.
///
/// It has one consumer. The first subscription uses the given connection, if there is one; later ones open their own.
package final class EventStream: Sendable {
    private struct State: Sendable {
        var cursor: Cursor
        var retryBudget: RetryBudget
        var present: Subscribed?
        /// A connection that exists before the first subscription.
        var first: Connection?
        var hasStood = false
        var isOver = false

        mutating func endIfDone() {
            if cursor.end != nil { finish() }
        }

        /// Releases the connection, which closes when its last reference is released.
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

    /// `onLoss` receives the remaining retry budget when the daemon is lost, and `nil` when the subscription is back.
    init(
        _ parameters: SubscribeParameters, epoch: String?, _ settings: ClientSettings, first: Connection?,
        onLoss: @escaping @Sendable (Duration?) -> Void
    ) {
        self.settings = settings
        self.onLoss = onLoss
        state = Locked(
            State(
                cursor: Cursor(parameters, epoch: epoch), retryBudget: RetryBudget(settings.retryBudget), first: first))
    }

    /// The `seq` up to which the client knows the ledger; a later subscription can continue after it.
    package var seq: Int64? { state.withLock { $0.cursor.seq } }

    /// The ledger epoch that ``seq`` belongs to; `nil` if the daemon names none.
    package var epoch: String? { state.withLock { $0.cursor.epoch } }

    /// The instance that is followed, by id once the daemon has named it; `nil` if the filter has no instance.
    package var instance: String? { state.withLock { $0.cursor.instance } }

    /// The daemon's reason for the end; `nil` while the subscription has not ended.
    package var reason: Open<SubscriptionEndReason>? { state.withLock { $0.cursor.end } }

    /// Returns the next event, or `nil` at the end. Throws `RPCError` if the daemon refuses the subscription, or
    /// ``ClientError``.
    package func next() async throws -> Received<EventView>? {
        while !state.withLock({ $0.isOver }) {
            if let event = try await step() { return Received(event) }
        }
        return nil
    }

    /// Lets the stream continue after its subscription has ended, for example because the client lagged. The next call
    /// of ``next()`` subscribes again.
    package func resume() {
        state.withLock { state in
            state.cursor.resume()
            state.isOver = false
        }
    }

    /// Closes the subscription. A waiting consumer gets `nil`.
    package func close() async {
        let present = state.withLock { state in
            defer { state.present = nil }
            state.isOver = true
            return state.present
        }
        await present?.connection.close()
    }

    /// Subscribes, and returns when the daemon has accepted the subscription.
    ///
    /// Throws ``ClientError`` if the client is already closed. If the client is closed meanwhile, the subscription ends
    /// without an error.
    func begin() async throws {
        try settings.life.check()
        while !state.withLock({ $0.isOver || $0.present != nil }) {
            _ = try await enduring {
                _ = try await self.subscribed()
                return nil
            }
        }
    }

    /// Returns the instances as they were when the subscription began. Throws ``ClientError`` with the code
    /// `noSnapshot` if there is no snapshot.
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
    /// Processes the next message. Returns `nil` if it was not an event.
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

    /// Runs `body`. If the connection is lost, waits until the next attempt is due and returns `nil`.
    private func enduring(_ body: () async throws -> JSONValue?) async throws -> JSONValue? {
        do {
            try Task.checkCancellation()
            return try await body()
        } catch  where settings.life.isClosed {
            // The subscription ends as after `close()`.
            state.withLock { $0.finish() }
        } catch  where isPassing(error) {
            try await recover(error)
        } catch {
            if !(error is CancellationError) { state.withLock { $0.finish() } }
            throw error
        }
        return nil
    }

    /// True if a retry may overcome the failure. After the first successful subscription, more kinds of failures are
    /// retried.
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
        state.withLock { $0.retryBudget.connected(now: settings.time.uptime()) }
        return try await subscribe(on: connection)
    }

    private func subscribe(on connection: Connection) async throws -> Subscribed {
        let parameters = try state.withLock { $0.cursor }.request()
        let reply = try await settings.within(settings.timeout) {
            try await connection.call(Methods.statusSubscribe.name, parameters)
        }
        let result = try AuraClient.read(Received<SubscribeResult>(reply), of: Methods.statusSubscribe.name)
        let subscribed = Subscribed(connection: connection, id: result.subscription)
        let isBack = try state.withLock { state in
            guard !state.isOver else { throw ClientError(.connectionLost, "cannot go on, the subscription was closed") }
            defer { state.retryBudget.heard() }
            state.cursor.subscribed(
                head: result.head, instance: reply["instance"]?.stringValue, epoch: reply["epoch"]?.stringValue)
            state.present = subscribed
            state.hasStood = true
            return state.retryBudget.isLost
        }
        if isBack { onLoss(nil) }
        return subscribed
    }

    private func recover(_ failure: any Error) async throws {
        let now = settings.time.uptime()
        let unit = settings.random.unit()
        let (retry, left) = state.withLock { state -> (RetryBudget.Retry?, Duration?) in
            state.present = nil
            state.cursor.lost()
            state.endIfDone()
            guard !state.isOver else { return (nil, nil) }
            let isNew = !state.retryBudget.isLost
            let retry = state.retryBudget.failed(now: now, unit: unit)
            return (retry, isNew ? state.retryBudget.left(now: now) : nil)
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
