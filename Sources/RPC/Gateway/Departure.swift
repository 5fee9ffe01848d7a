import Locking
import NIOCore

/// Records whether the client of a connection has left, for the handler of its request.
///
/// It replaces Hummingbird's `consumeWithCancellationOnInboundClose`, which closes the connection after the response.
final class Departure: Sendable {
    private struct State {
        var hasLeft = false
        /// Called when the client leaves. A connection has one request at a time.
        var handler: (@Sendable () -> Void)?
    }

    /// The departure of the connection that the current task serves.
    @TaskLocal static var current = Departure()

    private let state = Locked(State())

    /// Runs `operation`. `handler` is called once if the client leaves before `operation` ends, or has already left.
    func observe<R>(_ handler: @escaping @Sendable () -> Void, during operation: () async throws -> R) async rethrows
        -> R
    {
        let hasLeft = state.withLock { state in
            if !state.hasLeft { state.handler = handler }
            return state.hasLeft
        }
        if hasLeft { handler() }
        defer { state.withLock { $0.handler = nil } }
        return try await operation()
    }

    /// Records that the client has left, and calls the handler of ``observe(_:during:)``.
    func happen() {
        let handler = state.withLock { state in
            defer { state.handler = nil }
            state.hasLeft = true
            return state.handler
        }
        handler?()
    }
}

/// Reports to a ``Departure`` that the client has left: at once if the connection is closed, and after a delay if only
/// the client's side has ended.
///
/// `socat`, `nc -N` and other tools end their side after the request and then read the response. Until bytes are
/// written to it, such a client cannot be distinguished from a client that has closed the connection.
///
/// On shutdown the handler also forwards ``GoingDown``, because NIO's HTTP handler does not forward
/// `ChannelShouldQuiesceEvent`.
final class DepartureHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    /// The time that a request may still take after its client has ended its side.
    static let graceTime = TimeAmount.seconds(3)

    private let departure: Departure
    private var grace: Scheduled<Void>?

    init(_ departure: Departure) {
        self.departure = departure
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        grace?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        departure.happen()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, grace == nil {
            grace = context.eventLoop.scheduleTask(in: Self.graceTime) { [departure] in departure.happen() }
        }
        context.fireUserInboundEventTriggered(event)
        if event is ChannelShouldQuiesceEvent { context.fireUserInboundEventTriggered(GoingDown()) }
    }
}

/// The daemon is shutting down. Incomplete requests are refused. Complete requests must be finished within the drain
/// time.
struct GoingDown: Sendable {}
