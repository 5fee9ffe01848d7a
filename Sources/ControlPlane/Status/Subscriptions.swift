import AuraModel
import JSONRPC
import Locking
public import Logging
public import ServiceLifecycle
public import Storage

/// All subscriptions of all connections. Each is a task of this service, and ends with its connection.
public final class Subscriptions: Service {
    private struct Key: Hashable, Sendable {
        var session: UInt64
        var id: String
    }

    private struct State {
        var live: [Key: Ending] = [:]
        var made = 0
    }

    let feed: EventFeed
    let store: any Store
    private let logger: Logger
    private let state = Locked(State())
    private let started: AsyncStream<(Subscription, Ending)>
    private let starting: AsyncStream<(Subscription, Ending)>.Continuation

    public init(feed: EventFeed, store: any Store, logger: Logger) {
        self.feed = feed
        self.store = store
        self.logger = logger
        (started, starting) = AsyncStream.makeStream()
    }

    public func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await (subscription, ending) in started {
                    group.addTask { await self.follow(subscription, until: ending) }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.starting.finish()
        }
    }

    /// Takes the place of a subscription; it starts with ``start(_:)``. Throws where the connection has one of that id.
    func reserve(_ wanted: String?, for session: Session) throws -> String {
        let id = try state.withLock { state in
            state.made += 1
            let id = wanted ?? "s\(state.made)"
            let key = Key(session: session.id, id: id)
            guard state.live[key] == nil else { throw APIError.subscriptionExists(id) }
            state.live[key] = Ending()
            return id
        }
        do {
            try session.reserveSubscription()
        } catch {
            _ = state.withLock { $0.live.removeValue(forKey: Key(session: session.id, id: id)) }
            throw error
        }
        session.onClose { self.end(id, of: session) }
        return id
    }

    func start(_ subscription: Subscription) {
        let key = Key(session: subscription.session.id, id: subscription.id)
        guard let ending = state.withLock({ $0.live[key] }) else { return }
        starting.yield((subscription, ending))
    }

    /// Ends a subscription; false where the connection has none of that id.
    @discardableResult
    func end(_ id: String, of session: Session) -> Bool {
        guard let ending = state.withLock({ $0.live.removeValue(forKey: Key(session: session.id, id: id)) }) else {
            return false
        }
        session.releaseSubscription()
        ending.send()
        return true
    }

    private func follow(_ subscription: Subscription, until ending: Ending) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.follow(subscription) }
            group.addTask { await ending.wait() }
            await group.next()
            group.cancelAll()
        }
        end(subscription.id, of: subscription.session)
    }

    private func follow(_ subscription: Subscription) async {
        var subscription = subscription
        do {
            try await subscription.follow(feed: feed, store: store)
        } catch is CancellationError {
        } catch is SessionClosed {
        } catch {
            logger.error("subscription \(subscription.id) ended: \(error)")
            subscription.session.close()
        }
    }
}

/// Says once that something is to end.
final class Ending: Sendable {
    private struct State {
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    func send() {
        state.withLock { state in
            state.isOver = true
            defer { state.waiter = nil }
            return state.waiter
        }?.resume()
    }

    /// Returns once it was said, or the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if !state.isOver, !Task.isCancelled { state.waiter = continuation }
                    return state.isOver || Task.isCancelled
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            send()
        }
    }
}
