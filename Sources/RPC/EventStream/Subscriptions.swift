public import AuraModel
import JSONRPC
import Locking
public import Logging
public import ServiceLifecycle
public import Storage

/// Identifies one subscription from its reservation until all components have released it.
///
/// A client may use an id again for a later subscription. A number is never used twice.
struct SubscriptionNumber: Hashable, Sendable {
    let value: UInt64

    init(_ value: UInt64) {
        self.value = value
    }
}

/// All subscriptions of all connections, and the tasks of those that catch up.
///
/// A subscription is reserved, then started. A started subscription has exactly one holder: the queue of subscriptions
/// that must catch up, its catch-up task, or the fan-out. The holder receives the signal to end the subscription, and
/// reports its release. Only then is the id free:
///
///     reserved ── start ──▶ held ── end is sent, or it ends by itself ──▶ ending ── holder has released it ──▶ free
public final class Subscriptions: Service {
    /// A subscription that must catch up, or send `subscription.ended`.
    private struct Late: Sendable {
        let subscription: Subscription
        let ending: OneShot<Void>
    }

    /// The right to start one subscription.
    struct Reservation: Sendable {
        let number: SubscriptionNumber
        let id: String
    }

    fileprivate struct Entry {
        enum Stage {
            case reserved
            case held
            /// No further event is sent, and the id is free soon.
            case ending
        }

        let number: SubscriptionNumber
        /// Asks the holder to end the subscription.
        let ending = OneShot<Void>()
        var stage = Stage.reserved
        /// True once a caller has begun the release. That caller first reduces the connection's count and then frees
        /// the id.
        var isLetGo = false
        /// The one-shots of calls that wait until the id is free. Their value is true if `subscription.ended` was sent
        /// to the client.
        var waiters: [OneShot<Bool>] = []
    }

    /// The subscriptions of one connection.
    fileprivate struct Held {
        var entries: [String: Entry] = [:]
        /// The number of ids that were generated for the connection.
        var made = 0

        /// Returns the next generated id that the client does not use. All connections get the same sequence of ids,
        /// so that their notifications can be byte-identical (``LiveTable/SubscriberGroup``).
        mutating func makeID() -> String {
            repeat { made += 1 } while entries["s\(made)"] != nil
            return "s\(made)"
        }

        /// The id of a subscription that is about to end, or `nil`.
        var anyEnding: String? { entries.first { $0.value.stage == .ending }?.key }
    }

    fileprivate struct State {
        /// By the id of the session. A connection that ever subscribed keeps its entry until it closes.
        var held: [UInt64: Held] = [:]
        var madeNumbers: UInt64 = 0
        /// True once ``run()`` has ended. From then on no component holds a subscription, so an end is not awaited.
        var isOver = false
    }

    package let feed: EventFeed
    private let store: any Ledger & InstanceStore & JobStore
    private let time: any TimeSource
    private let faults: RowFaults
    private let logger: Logger
    private let fanout: Fanout
    private let state: Locked<State>
    private let ledger: LedgerPages
    private let late: AsyncStream<Late>
    private let being: AsyncStream<Late>.Continuation

    /// Creates the service. `faults` logs unreadable rows of snapshots; if it is `nil`, the service creates its own.
    public init(
        feed: EventFeed, store: any Ledger & InstanceStore & JobStore, time: any TimeSource, faults: RowFaults? = nil,
        logger: Logger
    ) {
        self.feed = feed
        self.store = store
        self.time = time
        self.faults = faults ?? RowFaults(logger: logger)
        self.logger = logger
        ledger = LedgerPages { try await store.events($0) }
        let (late, being) = AsyncStream<Late>.makeStream()
        self.late = late
        self.being = being
        let state = Locked(State())
        self.state = state
        fanout = Fanout(
            feed: feed, store: store, time: time, logger: logger,
            onLeave: { being.yield(Late(subscription: $0, ending: $1)) },
            onEnd: { state.release($0) })
    }

    public func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.fanout.run() }
                for await late in late {
                    // This priority has its own threads, so that many catch-ups do not delay jobs and calls.
                    group.addTask(priority: .utility) { await self.follow(late.subscription, until: late.ending) }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.being.finish()
        }
        let waiters = state.withLock { state in
            state.isOver = true
            return state.held.values.flatMap { $0.entries.values.flatMap(\.waiters) }
        }
        for waiter in waiters { waiter.set(false) }
    }

    private func follow(_ subscription: Subscription, until ending: OneShot<Void>) async {
        let result = await withTaskGroup(of: CatchUp.Result?.self) { group -> CatchUp.Result? in
            group.addTask { await self.catchUp(subscription) }
            group.addTask {
                _ = await ending.valueUnlessCancelled()
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            // The catch-up may have sent `subscription.ended` while the client unsubscribed.
            if case .ended = await group.next() ?? nil { return .ended }
            return nil
        }
        switch result {
        case .live(let subscription): fanout.join(subscription, ending)
        case .ended: state.release(subscription, saidLastWord: true)
        case nil: state.release(subscription)
        }
    }

    /// Runs the catch-up of a subscription and returns its result. Returns `nil` if the subscription ended without
    /// `subscription.ended`.
    private func catchUp(_ subscription: Subscription) async -> CatchUp.Result? {
        var catchUp = CatchUp(subscription, feed: feed, store: store, ledger: ledger, faults: faults) { [state] in
            _ = state.withLock { $0.setStage(.ending, of: subscription) }
        }
        var outage = Outage()
        while !Task.isCancelled {
            do {
                return try await catchUp.run()
            } catch  where error.isCancellation {
                return nil
            } catch AsyncSemaphore.Refusal.cancelled {
                return nil
            } catch is SessionClosed {
                return nil
            } catch {
                let pause = outage.pause(after: error, at: catchUp.subscription.cursor, now: time.uptime())
                guard let pause else {
                    logger.error("subscription \(subscription.id) ended: \(error)")
                    subscription.session.close()
                    return nil
                }
                try? await time.sleep(for: pause)
            }
        }
        return nil
    }
}

// MARK: - Interface for the methods

extension Subscriptions {
    fileprivate enum Attempt {
        case taken(Reservation, isFirst: Bool)
        case refused
        /// Another subscription must end first; its end has begun.
        case wait(OneShot<Bool>)
    }

    /// Reserves a subscription. The caller then calls ``start(_:)``, or cancels the reservation.
    ///
    /// Waits while a subscription of the connection with this id is about to end. Throws `subscriptionExists` if the
    /// connection has a subscription with this id, `tooManySubscriptions` if the limit of the connection, its user or
    /// the daemon is reached, and `CancellationError`.
    func reserve(_ wanted: String?, for session: Session) async throws -> Reservation {
        while true {
            try await takeCount(of: session)
            switch state.withLock({ $0.reserve(wanted, for: session) }) {
            case .taken(let reservation, let isFirst):
                if isFirst { session.onClose { self.forget(session) } }
                return reservation
            case .refused:
                session.releaseSubscription()
                throw APIError.subscriptionExists(wanted ?? "")
            case .wait(let waiter):
                session.releaseSubscription()
                _ = await waiter.value(whenCancelled: false)
                try Task.checkCancellation()
            }
        }
    }

    /// Counts one more subscription against the limits. If one is reached, waits while another subscription of the
    /// connection is about to end.
    private func takeCount(of session: Session) async throws {
        var isSecondTry = false
        while true {
            do {
                return try session.reserveSubscription()
            } catch {
                if let waiter = state.withLock({ $0.waitForAnyEnd(of: session) }) {
                    isSecondTry = false
                    _ = await waiter.value(whenCancelled: false)
                    try Task.checkCancellation()
                } else if isSecondTry {
                    throw error
                } else {
                    // The last subscription that was about to end may have ended between the two checks.
                    isSecondTry = true
                }
            }
        }
    }

    /// Starts a reserved subscription. Does nothing if the subscription was ended meanwhile.
    func start(_ subscription: Subscription) {
        guard let ending = state.withLock({ $0.setStage(.held, of: subscription) }) else { return }
        if case .terminated = being.yield(Late(subscription: subscription, ending: ending)) {
            state.release(subscription)
        }
    }

    /// Releases a reservation.
    func cancel(_ reservation: Reservation, of session: Session) {
        state.release(reservation.number, reservation.id, of: session)
    }

    /// Ends a subscription and returns once no further event of it will be sent and its id is free. Returns false if
    /// the connection has no subscription with that id, or if the client was sent `subscription.ended` meanwhile.
    ///
    /// The wait is bounded by one page of the fan-out and one read of the store.
    @discardableResult
    func end(_ id: String, of session: Session) async -> Bool {
        let found = state.withLock { $0.beginEnd(id, of: session) }
        guard let (entry, waiter) = found else { return false }
        guard let waiter else {
            state.release(entry.number, id, of: session)
            return true
        }
        entry.ending.set(())
        fanout.leave(entry.number)
        return !(await waiter.value(whenCancelled: false))
    }

    /// Ends all subscriptions of a closed connection.
    private func forget(_ session: Session) {
        let held = state.withLock { $0.held.removeValue(forKey: session.id) } ?? Held()
        for entry in held.entries.values {
            entry.ending.set(())
            fanout.leave(entry.number)
            for waiter in entry.waiters { waiter.set(false) }
        }
    }
}

// MARK: - State changes

extension Subscriptions.State {
    fileprivate mutating func reserve(_ wanted: String?, for session: Session) -> Subscriptions.Attempt {
        let isFirst = held[session.id] == nil
        let id = wanted ?? held[session.id, default: Subscriptions.Held()].makeID()
        if let present = held[session.id]?.entries[id] {
            guard present.stage == .ending, !isOver else { return .refused }
            return .wait(addWaiter(to: id, of: session))
        }
        madeNumbers += 1
        let number = SubscriptionNumber(madeNumbers)
        held[session.id, default: Subscriptions.Held()].entries[id] = Subscriptions.Entry(number: number)
        return .taken(Subscriptions.Reservation(number: number, id: id), isFirst: isFirst)
    }

    /// Returns a one-shot that is sent when one of the connection's ending subscriptions has ended; `nil` if none is
    /// ending.
    fileprivate mutating func waitForAnyEnd(of session: Session) -> OneShot<Bool>? {
        guard !isOver, let id = held[session.id]?.anyEnding else { return nil }
        return addWaiter(to: id, of: session)
    }

    private mutating func addWaiter(to id: String, of session: Session) -> OneShot<Bool> {
        let waiter = OneShot<Bool>()
        held[session.id]?.entries[id]?.waiters.append(waiter)
        return waiter
    }

    /// Sets the stage of a subscription. Returns the one-shot that asks the subscription's holder to end it, or `nil`
    /// if the release of the subscription has already begun.
    @discardableResult
    fileprivate mutating func setStage(
        _ stage: Subscriptions.Entry.Stage, of subscription: Subscription
    ) -> OneShot<Void>? {
        guard let entry = held[subscription.session.id]?.entries[subscription.id],
            entry.number == subscription.number, !entry.isLetGo
        else { return nil }
        held[subscription.session.id]?.entries[subscription.id]?.stage = stage
        return entry.ending
    }

    /// Begins to end a subscription at the client's request. Returns `nil` if the id is not in use. The waiter is `nil` if
    /// the subscription was never started or the service has ended; the caller then frees the id at once.
    fileprivate mutating func beginEnd(
        _ id: String, of session: Session
    ) -> (entry: Subscriptions.Entry, waiter: OneShot<Bool>?)? {
        guard let entry = held[session.id]?.entries[id] else { return nil }
        switch entry.stage {
        case .reserved: return (entry, nil)
        case .held, .ending:
            if isOver { return (entry, nil) }
            held[session.id]?.entries[id]?.stage = .ending
            return (entry, addWaiter(to: id, of: session))
        }
    }

    /// Claims the right to free the id of a subscription. Returns true once per subscription. The caller must then call
    /// ``free(_:of:)``.
    fileprivate mutating func mayFree(_ number: SubscriptionNumber, _ id: String, of session: Session) -> Bool {
        guard let entry = held[session.id]?.entries[id], entry.number == number, !entry.isLetGo else { return false }
        held[session.id]?.entries[id]?.isLetGo = true
        held[session.id]?.entries[id]?.stage = .ending
        return true
    }

    /// Frees an id; returns the calls that wait for it.
    fileprivate mutating func free(_ id: String, of session: Session) -> [OneShot<Bool>] {
        held[session.id]?.entries.removeValue(forKey: id)?.waiters ?? []
    }
}

extension Locked<Subscriptions.State> {
    /// Records that nothing holds the subscription any longer.
    ///
    /// - Parameter saidLastWord: true if the client was sent `subscription.ended`.
    fileprivate func release(_ subscription: Subscription, saidLastWord: Bool = false) {
        release(subscription.number, subscription.id, of: subscription.session, saidLastWord: saidLastWord)
    }

    fileprivate func release(
        _ number: SubscriptionNumber, _ id: String, of session: Session, saidLastWord: Bool = false
    ) {
        guard withLock({ $0.mayFree(number, id, of: session) }) else { return }
        session.releaseSubscription()
        for waiter in withLock({ $0.free(id, of: session) }) { waiter.set(saidLastWord) }
    }
}
