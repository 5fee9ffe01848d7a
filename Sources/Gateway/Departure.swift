import Locking
import NIOCore

/// Whether the client of a connection has left, for whoever works on its request.
///
/// Hummingbird's own way to know it (`consumeWithCancellationOnInboundClose`) takes the connection with it when the answer is out.
final class Departure: Sendable {
    private struct State {
        var hasLeft = false
        /// What is to be done then; there is one request at a time.
        var handler: (@Sendable () -> Void)?
    }

    /// That of the connection whose request the task answers.
    @TaskLocal static var current = Departure()

    private let state = Locked(State())

    /// Runs `operation`; `handler` is called once if the client leaves before it ends, or has left already.
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

    /// Says that the client has left.
    func happen() {
        let handler = state.withLock { state in
            defer { state.handler = nil }
            state.hasLeft = true
            return state.handler
        }
        handler?()
    }
}

/// Tells a ``Departure`` that the client has left: at once if the connection is gone, and after a while if only the client's side has ended.
///
/// `socat`, `nc -N` and others end their side behind the request and read the answer; a client that closed looks the same until something
/// is written to it.
///
/// On shutdown it passes ``GoingDown`` on as well, since NIO's HTTP handler keeps `ChannelShouldQuiesceEvent` to itself.
final class DepartureHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    /// How long a client that has ended its side may wait for an answer.
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

/// The daemon is going down: requests that are not whole yet are refused, others are answered within the drain time.
struct GoingDown: Sendable {}
