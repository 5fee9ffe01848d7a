public import JSON
internal import Locking

/// One connection as handlers and publishers see it.
///
/// It lives from the moment the connection is accepted until both sides have ended; it never opens again. All of it
/// may be used from any thread.
public final class Session: Sendable {
    // First, since a publisher touches this of each of its connections.
    let state: Locked<SessionState>

    /// Distinguishes the connections of this process.
    public let id: UInt64
    /// Who is at the other end.
    public let peer: Peer
    /// The limits that hold here.
    public let limits: RPCLimits

    /// What all connections of the daemon share.
    let budget: CallBudget
    let principal: CallBudget.Principal

    private let wake: @Sendable () -> Void

    /// Creates a session for a transport.
    ///
    /// `wake` is called from any thread when ``takeOutput()`` has something new or ``ConnectionReader/pump()`` may go
    /// on; it must return at once. It is not called again until the transport answers with ``didWake()``.
    ///
    /// `sendNow` writes output on the sender's thread, without a turn of the transport. `budget` is the daemon's shared budget; `nil`
    /// gives the session a budget of its own.
    public init(
        id: UInt64, peer: Peer, limits: RPCLimits, budget: CallBudget? = nil, sendNow: SendNow? = nil,
        wake: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.peer = peer
        self.limits = limits
        self.budget = budget ?? CallBudget(limits: limits)
        principal = CallBudget.Principal(peer)
        self.wake = wake
        state = Locked(SessionState(limits: limits, sendNow: sendNow))
    }

    /// A way to write that waits for nobody's turn.
    public struct SendNow: Sendable {
        let descriptor: CInt
        let send: @Sendable (CInt, UnsafeRawBufferPointer) -> Int

        /// Creates it.
        ///
        /// `send` writes bytes that follow those written before, as many as the connection takes at once, and returns how many those
        /// are. It must not block; where it cannot write, it returns 0 and leaves the rest to the transport. It is called with the
        /// session's lock held, so that nothing overtakes anything, and never after ``Session/didClose()``. It gets the descriptor
        /// handed in, so that it has nothing of its own that would have to be fetched from memory for each connection.
        public init(descriptor: CInt, send: @escaping @Sendable (CInt, UnsafeRawBufferPointer) -> Int) {
            self.descriptor = descriptor
            self.send = send
        }

        func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> Int { send(descriptor, bytes) }
    }

    /// Whether the connection is gone.
    public var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Runs `body` once when the connection is gone, or now if it already is.
    ///
    /// It must not block. Handlers run in the order in which they were added.
    public func onClose(_ body: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            if !state.isClosed { state.closeHandlers.append(body) }
            return state.isClosed
        }
        if isGone { body() }
    }

    /// Ends the connection after the replies in flight and everything that is queued were written.
    public func close() {
        update { $0.wantsClose = true }
    }

    /// Takes one of the subscriptions of the connection, its user and the daemon; throws `tooManySubscriptions`.
    ///
    /// While a subscription is held, a client that has ended its side still gets events.
    public func reserveSubscription() throws(RPCError) {
        let refusal = state.withLock { state in
            state.reserveSubscription { budget.takeSubscription(for: principal) }
        }
        if let refusal { throw refusal }
    }

    /// Gives a subscription back.
    public func releaseSubscription() {
        update { state in
            if state.releaseSubscription() { budget.giveBackSubscriptions(1, of: principal) }
        }
    }

    /// The number of subscriptions that are held.
    public var subscriptions: Int { state.withLock { $0.subscriptions } }

    /// Changes the state and wakes the transport.
    func update(_ change: (inout SessionState) -> Void) {
        let isDue = state.withLock { state in
            change(&state)
            return state.needsWake()
        }
        if isDue { wake() }
    }

    /// As ``update(_:)``, for changes that let senders go on.
    func updateAdmitting(_ change: (inout SessionState) -> [SessionState.Waiter]) {
        let (admitted, isDue) = state.withLock { state in (change(&state), state.needsWake()) }
        if isDue { wake() }
        for waiter in admitted { waiter.continuation.resume() }
    }
}

extension SessionState {
    /// Whether the transport has to be woken; it is until it answers.
    fileprivate mutating func needsWake() -> Bool {
        guard needsTurn || holdsInput, !isClosed else { return false }
        defer { isWakeDue = true }
        return !isWakeDue
    }
}

// MARK: - Notifications

/// Thrown to whoever notifies a connection that is gone.
public struct SessionClosed: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence.
    public var description: String { "cannot notify, the connection is closed" }

    /// Creates it.
    public init() {}
}

extension Session {
    /// What became of an offered message.
    public enum Offer: Sendable, Hashable {
        /// It will be sent.
        case queued
        /// There is no room now, or a reply has to go first.
        case busy
        /// The connection is gone.
        case closed
    }

    /// Sends one complete JSON message, without line end, if that is possible at once.
    ///
    /// For publishers that serve many connections and must wait for none of them.
    public func offer(_ message: [UInt8]) -> Offer {
        (message + [UInt8(ascii: "\n")]).withUnsafeBytes { offer(lines: $0) }
    }

    /// The same for messages that have their line ends: all of them or none.
    public func offer(lines: UnsafeRawBufferPointer) -> Offer {
        let (offer, isDue) = state.withLock { state in
            let offer = state.offer { $0.append(lines: lines) }
            return (offer, state.needsWake())
        }
        if isDue { wake() }
        return offer
    }

    /// Sends one complete JSON message, without line end.
    ///
    /// Suspends while the client does not read fast enough or a call that holds events runs; messages of one sender
    /// keep their order. Throws ``SessionClosed``, or `CancellationError` when the sender's task is cancelled.
    public func notify(_ message: [UInt8]) async throws {
        switch offer(message) {
        case .queued: return
        case .closed: throw SessionClosed()
        case .busy: try await waitToSend(message)
        }
    }

    /// Sends a notification; see ``notify(_:)``.
    public func notify(_ method: String, params: JSONValue) async throws {
        try await notify(Session.notification(method, params: params))
    }

    /// Sends a notification; see ``notify(_:)``.
    public func notify(_ method: String, params: some Encodable & Sendable) async throws {
        try await notify(method, params: JSONValueEncoder().encode(params))
    }

    /// The text of a notification, for messages that go to many connections.
    public static func notification(_ method: String, params: JSONValue) -> [UInt8] {
        ReplyWriter.notification(method, params: params)
    }

    private func waitToSend(_ message: [UInt8]) async throws {
        let ticket = state.withLock { $0.newKey() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue(SessionState.Waiter(ticket: ticket, message: message, continuation: continuation))
                // The handler below may have run before there was anything to find.
                if Task.isCancelled { stopWaiting(ticket) }
            }
        } onCancel: {
            stopWaiting(ticket)
        }
    }

    private func queue(_ waiter: SessionState.Waiter) {
        let (offer, isDue) = state.withLock { state in
            let offer = state.offer { $0.append(waiter.message) }
            if offer == .busy { state.wait(waiter) }
            return (offer, state.needsWake())
        }
        if isDue { wake() }
        switch offer {
        case .queued: waiter.continuation.resume()
        case .closed: waiter.continuation.resume(throwing: SessionClosed())
        case .busy: break
        }
    }

    private func stopWaiting(_ ticket: UInt64) {
        let waiter = state.withLock { $0.stopWaiting(ticket) }
        waiter?.continuation.resume(throwing: CancellationError())
    }
}

// MARK: - For transports

extension Session {
    /// Answers a wake: what happens from now on wakes again.
    public func didWake() {
        state.withLock { $0.isWakeDue = false }
    }

    /// The bytes that are to be written now; nil if there are none or an earlier write is under way.
    public func takeOutput() -> [UInt8]? {
        state.withLock { $0.take() }
    }

    /// Says that what ``takeOutput()`` gave was written.
    public func didWrite() {
        let admitted = state.withLock { $0.wrote() }
        for waiter in admitted { waiter.continuation.resume() }
    }

    /// Whether the transport may end the connection: a close was asked for, or the client has ended its side, and
    /// everything that was promised is written.
    public var isFinished: Bool {
        state.withLock { ($0.wantsClose && $0.isFlushed) || ($0.inputEnded && $0.isDrained) }
    }

    /// Whether no call is in flight, so that nothing is left but to write what is queued.
    public var isAnswered: Bool { state.withLock { $0.calls.isEmpty && $0.batches.isEmpty } }

    /// Bytes that the connection has taken from the beginning on: a client that reads makes it grow.
    public var writtenBytes: Int { state.withLock { $0.written } }

    /// Sends a WebSocket's frame that is no message.
    public func send(frame: [UInt8]) {
        update { state in frame.withUnsafeBytes { state.send($0) } }
    }

    /// Whether a close was asked for.
    public var wantsClose: Bool { state.withLock { $0.wantsClose } }

    /// Whether the transport has something to write or to close.
    public var needsTurn: Bool { state.withLock { $0.needsTurn } }

    /// Says that the connection is gone.
    ///
    /// Ends waiting senders with ``SessionClosed`` and runs the close handlers. Calls that only read or wait are cancelled, and calls that
    /// have not started never do; the others run to their end.
    public func didClose() {
        let left = state.withLock { $0.close() }
        budget.giveBackSubscriptions(left.subscriptions, of: principal)
        for task in left.tasks { task.cancel() }
        for waiter in left.waiters { waiter.continuation.resume(throwing: SessionClosed()) }
        for handler in left.handlers { handler() }
    }

    /// Closes the session for a daemon that goes down: calls that only wait are cancelled, the others are answered.
    public func drain() {
        let tasks = state.withLock { state in
            state.wantsClose = true
            return state.cancel { $0.onClose == .stopsWaiting }
        }
        for task in tasks { task.cancel() }
    }

    /// Cancels the calls that only read or wait, which are then answered with `requestCancelled`; the others go on.
    public func cancelWaits() {
        let tasks = state.withLock { state in state.cancel { $0.onClose != .runs } }
        for task in tasks { task.cancel() }
    }

    /// Cancels every call in flight, for a daemon that cannot wait for them any longer.
    public func cancelCalls() {
        let tasks = state.withLock { $0.cancel(where: { _ in true }) }
        for task in tasks { task.cancel() }
    }
}
