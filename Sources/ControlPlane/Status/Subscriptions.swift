public import AuraModel
import JSONRPC
import Locking
public import Logging
public import ServiceLifecycle
public import Storage

/// Names a subscription: ids are the client's, and unique on its connection.
struct SubscriptionKey: Hashable, Sendable {
    let session: UInt64
    let id: String
}

/// All subscriptions of all connections: who has which, and the tasks of those that catch up.
public final class Subscriptions: Service {
    /// A subscription that has to catch up, or to say its last word.
    private struct Late: Sendable {
        let subscription: Subscription
        let ending: Ending
    }

    /// What one connection has.
    private struct Held {
        var endings: [String: Ending] = [:]
        /// Ids that were made for it.
        var made = 0

        /// The next id that the client has not chosen itself. Connections' ids are the same, so that their events are (``LiveTable/Audience``).
        mutating func makeID() -> String {
            repeat { made += 1 } while endings["s\(made)"] != nil
            return "s\(made)"
        }
    }

    private struct State {
        /// By connection. One that ever subscribed has its place until it closes.
        var held: [UInt64: Held] = [:]
    }

    let feed: EventFeed
    private let store: any Store
    private let logger: Logger
    private let fanout: Fanout
    private let state = Locked(State())
    private let ledger: LedgerPages
    private let late: AsyncStream<Late>
    private let being: AsyncStream<Late>.Continuation

    public init(feed: EventFeed, store: any Store, time: any TimeSource, logger: Logger) {
        self.feed = feed
        self.store = store
        self.logger = logger
        ledger = LedgerPages { try await store.events($0) }
        let (late, being) = AsyncStream<Late>.makeStream()
        self.late = late
        self.being = being
        fanout = Fanout(feed: feed, store: store, time: time, logger: logger) {
            being.yield(Late(subscription: $0, ending: $1))
        }
    }

    public func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.fanout.run() }
                for await late in late {
                    // Threads of their own: however many catch up, jobs and calls do not wait behind them.
                    group.addTask(priority: .utility) { await self.follow(late.subscription, until: late.ending) }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.being.finish()
        }
    }

    /// Takes the place of a subscription; it starts with ``start(_:)``. Throws where the connection has one of that id.
    func reserve(_ wanted: String?, for session: Session) throws -> String {
        let (id, isFirst) = try state.withLock { state in
            let isFirst = state.held[session.id] == nil
            let id = wanted ?? state.held[session.id, default: Held()].makeID()
            guard state.held[session.id]?.endings[id] == nil else { throw APIError.subscriptionExists(id) }
            state.held[session.id, default: Held()].endings[id] = Ending()
            return (id, isFirst)
        }
        if isFirst { session.onClose { self.forget(session) } }
        do {
            try session.reserveSubscription()
        } catch {
            state.withLock { _ = $0.held[session.id]?.endings.removeValue(forKey: id) }
            throw error
        }
        return id
    }

    func start(_ subscription: Subscription) {
        guard let ending = state.withLock({ $0.held[subscription.session.id]?.endings[subscription.id] }) else {
            return
        }
        being.yield(Late(subscription: subscription, ending: ending))
    }

    /// Ends a subscription; false where the connection has none of that id.
    @discardableResult
    func end(_ id: String, of session: Session) -> Bool {
        guard let ending = state.withLock({ $0.held[session.id]?.endings.removeValue(forKey: id) }) else {
            return false
        }
        session.releaseSubscription()
        ending.send()
        fanout.leave(SubscriptionKey(session: session.id, id: id))
        return true
    }

    /// Ends everything of a connection that is gone.
    private func forget(_ session: Session) {
        let held = state.withLock { $0.held.removeValue(forKey: session.id) } ?? Held()
        for (id, ending) in held.endings {
            ending.send()
            fanout.leave(SubscriptionKey(session: session.id, id: id))
        }
    }

    private func follow(_ subscription: Subscription, until ending: Ending) async {
        let result = await withTaskGroup(of: CatchUp.Result.self) { group in
            group.addTask { await self.catchUp(subscription) }
            group.addTask {
                await ending.wait()
                return .ended
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .ended
        }
        switch result {
        case .live(let subscription):
            let key = SubscriptionKey(session: subscription.session.id, id: subscription.id)
            fanout.join(key, ending, subscription)
        case .ended:
            // The client may have a new one of that id by now.
            let isHeld = state.withLock { $0.held[subscription.session.id]?.endings[subscription.id] === ending }
            if isHeld { end(subscription.id, of: subscription.session) }
        }
    }

    private func catchUp(_ subscription: Subscription) async -> CatchUp.Result {
        var catchUp = CatchUp(subscription, feed: feed, store: store, ledger: ledger)
        do {
            return try await catchUp.run()
        } catch is CancellationError {
            return .ended
        } catch Permits.Refusal.cancelled {
            return .ended
        } catch is SessionClosed {
            return .ended
        } catch {
            logger.error("subscription \(subscription.id) ended: \(error)")
            subscription.session.close()
            return .ended
        }
    }
}
