internal import Locking

/// The client's end of a connection within the process, for tests and for callers without a socket.
///
/// It behaves like a socket: bytes in pieces of any size, half-close, back-pressure. Replies are taken from the session
/// only in ``nextMessage()``. A client that does not call it is a slow client.
public final class InMemoryConnection: Sendable {
    /// The daemon's side of the connection.
    public let session: Session

    private enum Event: Sendable {
        case bytes([UInt8])
        case inputEnded
        case parkedTimedOut
        case silence
        case tick
    }

    private struct State: Sendable {
        /// The reader; `nil` while a thread uses it. That thread then also handles new events.
        var reader: ConnectionReader?
        var events: [Event] = []
        var isBlocked = false
        var isParked = false
        var output: [UInt8] = []
    }

    private let state: Locked<State>
    /// Wakes ``nextMessage()``.
    private let change = AutoResetSignal()

    /// Connects to the methods of `router`.
    public init(
        router: Router, peer: Peer = .memory, limits: RPCLimits = RPCLimits(), framing: Framing = .stream,
        id: UInt64 = 0, budget: CallBudget? = nil
    ) {
        let state = Locked(State())
        let wake = Locked<(@Sendable () -> Void)?>(nil)
        self.state = state
        session = Session(
            id: id, peer: peer, limits: limits, budget: budget, principal: router.authenticator?.principal(of: peer)
        ) { wake.withLock { $0 }?() }
        router.authenticator?.didOpen(session)
        state.withLock { [session] in $0.reader = ConnectionReader(router: router, session: session, framing: framing) }
        wake.withLock { wake in
            wake = { [weak self] in
                self?.session.didWake()
                self?.take(.tick)
            }
        }
    }

    /// True if the daemon accepts no further bytes for now.
    public var isBlocked: Bool { state.withLock { $0.isBlocked } }

    /// True if a call waits for calls in flight to end.
    public var isParked: Bool { state.withLock { $0.isParked } }

    /// Sends bytes; with the framing `whole` they are one message. Immediate calls have run when this method returns,
    /// unless a task decodes their message because of its length.
    public func send(_ bytes: [UInt8]) {
        take(.bytes(bytes))
    }

    /// Sends one message and its line end.
    public func send(_ message: String) {
        send(Array(message.utf8) + [UInt8(ascii: "\n")])
    }

    /// Ends the client's input. Replies to calls in flight still arrive.
    public func endInput() {
        take(.inputEnded)
    }

    /// Simulates the end of the time limit for a call that waits for calls in flight.
    public func parkedTimedOut() {
        take(.parkedTimedOut)
    }

    /// Simulates the silence after which a message without a line end is read.
    public func fallSilent() {
        take(.silence)
    }

    /// Closes the connection at once.
    public func close() {
        session.didClose()
        change.send()
    }

    /// Returns the next message from the daemon, without its line end. Returns `nil` if the connection is closed or the
    /// caller's task is cancelled. Only one caller at a time may wait.
    public func nextMessage() async -> [UInt8]? {
        while !Task.isCancelled {
            if let message = takeLine() { return message }
            if let bytes = session.takeOutput() {
                state.withLock { $0.output.append(contentsOf: bytes) }
                session.didWrite()
                take(.tick)
            } else if session.isClosed {
                return nil
            } else {
                await change.wait()
            }
        }
        return nil
    }

    private func takeLine() -> [UInt8]? {
        state.withLock { state in
            guard let end = state.output.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            defer { state.output.removeSubrange(...end) }
            return Array(state.output[..<end])
        }
    }
}

// MARK: - Events

extension InMemoryConnection {
    /// Passes an event to the reader, on this thread or on the thread that uses the reader now.
    private func take(_ event: Event) {
        let claimed = state.withLock { state in
            state.events.append(event)
            defer { state.reader = nil }
            return state.reader
        }
        guard var reader = claimed else { return }
        while let event = nextEvent(orReturn: reader) {
            apply(event, to: &reader)
            if reader.isForeign { session.didClose() }
        }
        if session.isFinished { session.didClose() }
        change.send()
    }

    private func nextEvent(orReturn reader: ConnectionReader) -> Event? {
        state.withLock { state in
            guard state.events.isEmpty else { return state.events.removeFirst() }
            state.reader = reader
            state.isBlocked = reader.isBlocked
            state.isParked = reader.isParked
            return nil
        }
    }

    private func apply(_ event: Event, to reader: inout ConnectionReader) {
        switch event {
        case .bytes(let bytes): bytes.withUnsafeBytes { reader.receive($0) }
        case .inputEnded: reader.endInput()
        case .parkedTimedOut: reader.parkedTimedOut()
        case .silence: reader.fallSilent()
        case .tick: reader.pump()
        }
    }
}
