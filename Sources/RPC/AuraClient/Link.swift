internal import JSON
internal import Locking
internal import NIOCore
internal import NIOPosix

/// The connection that a client's calls share. The first call that needs it opens it; concurrent calls wait for the
/// same attempt.
final class Link: Sendable {
    private enum State: Sendable {
        /// → opening.
        case absent
        /// → open, absent.
        case opening(EventLoopFuture<Connection>)
        /// → opening, absent.
        case open(Connection)
    }

    private let settings: ClientSettings
    private let notificationBuffer: Int
    private let state = Locked(State.absent)

    init(_ settings: ClientSettings, notificationBuffer: Int) {
        self.settings = settings
        self.notificationBuffer = notificationBuffer
    }

    /// Returns the open connection, or opens a new one. Throws ``ClientError``.
    func connection() async throws -> Connection {
        switch try way() {
        case .present(let connection): return connection
        case .opening(let future): return try await future.value()
        case .toOpen(let promise):
            open(promise)
            return try await promise.futureResult.value()
        }
    }

    /// The next step of a caller that needs the connection.
    private enum Way: Sendable {
        case present(Connection)
        /// Another caller opens it.
        case opening(EventLoopFuture<Connection>)
        /// The caller opens it for all callers.
        case toOpen(EventLoopPromise<Connection>)
    }

    private func way() throws -> Way {
        try settings.life.check()
        return state.withLock { state in
            switch state {
            case .opening(let future): return .opening(future)
            case .open(let connection) where connection.failure == nil: return .present(connection)
            case .open, .absent:
                let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Connection.self)
                state = .opening(promise.futureResult)
                return .toOpen(promise)
            }
        }
    }

    /// Starts no more calls on `connection`. Calls that wait for a reply keep it until the reply has come.
    func retire(_ connection: Connection) {
        state.withLock { state in
            if case .open(let present) = state, present === connection { state = .absent }
        }
    }

    private func open(_ promise: EventLoopPromise<Connection>) {
        settings.open(notificationBuffer: notificationBuffer).whenComplete { result in
            self.state.withLock { state in
                if case .success(let connection) = result { state = .open(connection) } else { state = .absent }
            }
            promise.completeWith(result)
        }
    }
}
