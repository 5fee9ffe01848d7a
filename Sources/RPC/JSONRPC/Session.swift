public import JSON
internal import Locking

/// One connection, as handlers and publishers use it.
///
/// A session begins when the transport accepts the connection, and ends when the connection has closed. It never opens
/// again. All members can be used from any thread.
public final class Session: Sendable {
    // The first field, so that a publisher with many connections reads few cache lines of each.
    let state: Locked<SessionState>

    /// The number of the connection, unique in this process.
    public let id: UInt64
    /// The client at the other end.
    public let peer: Peer
    /// The limits of this connection.
    public let limits: RPCLimits

    /// The budget that all connections of the daemon share.
    let budget: CallBudget
    private let caller: Locked<Caller>

    /// The caller of the next calls.
    private struct Caller: Sendable {
        var principal: Principal
        /// The user, address or principal whose share of the budget the connection uses.
        var payer: CallBudget.Payer
        /// The number of proofs that the client has shown.
        var proofs = 0
        /// True after ``Session/end(_:)``: the connection gets no further rights.
        var isEnded = false
        var isClosed = false
        /// Called when the caller has shown a proof.
        var onProof: (@Sendable () -> Void)?
    }

    private let wake: @Sendable () -> Void
    /// Runs the handlers that are registered with `onLoop`; `nil` for Swift's shared threads.
    let executor: (any TaskExecutor)?

    /// Creates a session for a transport.
    ///
    /// `wake` is called from any thread when ``takeOutput()`` has new bytes or ``ConnectionReader/pump()`` can
    /// continue. It must not block. It is not called again until the transport has called ``didWake()``.
    ///
    /// `sendNow` writes output on the sender's thread, without the transport. `budget` is the daemon's shared budget;
    /// `nil` gives the session a budget of its own. `executor` runs the handlers that are registered with `onLoop`: a
    /// transport passes the event loop of the connection.
    ///
    /// `principal` is the caller until ``setPrincipal(_:)``. If it is `nil`, the caller may do everything.
    public init(
        id: UInt64, peer: Peer, limits: RPCLimits, budget: CallBudget? = nil, sendNow: SendNow? = nil,
        executor: (any TaskExecutor)? = nil, principal: Principal? = nil, wake: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.peer = peer
        self.limits = limits
        self.budget = budget ?? CallBudget(limits: limits)
        caller = Locked(Caller(principal: principal ?? Principal(unchecked: peer), payer: CallBudget.Payer(peer)))
        self.wake = wake
        self.executor = executor
        state = Locked(SessionState(limits: limits, sendNow: sendNow))
    }

    /// Writes directly to the connection, without the transport's event loop.
    public struct SendNow: Sendable {
        let descriptor: CInt
        let send: @Sendable (CInt, UnsafeRawBufferPointer) -> Int

        /// Creates a direct writer.
        ///
        /// `send` writes bytes that follow the bytes of earlier writes. It writes as many as the connection accepts at
        /// once and returns their number. It must not block. If it cannot write, it returns 0 and the transport writes
        /// the bytes.
        ///
        /// The session calls `send` with its lock held, so that the order of bytes is kept, and never after
        /// ``Session/didClose()``. The descriptor is a parameter of `send`, so that the closure needs no memory of its
        /// own per connection.
        public init(descriptor: CInt, send: @escaping @Sendable (CInt, UnsafeRawBufferPointer) -> Int) {
            self.descriptor = descriptor
            self.send = send
        }

        func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> Int { send(descriptor, bytes) }
    }

    /// The caller of the connection's next calls.
    public var principal: Principal { caller.withLock { $0.principal } }

    /// The user, address or principal whose share of the budget the next calls use.
    var payer: CallBudget.Payer { caller.withLock { $0.payer } }

    /// Replaces the caller of the connection's next calls, unless the connection was ended (``end(_:)``). Calls that have
    /// begun keep their caller. The share of the budget stays that of the last ``identify(as:)``.
    public func setPrincipal(_ principal: Principal) {
        _ = replacePrincipal(principal)
    }

    /// Replaces the caller like ``setPrincipal(_:)`` if the proof with this number (``identify(as:)``) is the last one
    /// that the client has shown. Returns false and changes nothing otherwise.
    public func setPrincipal(_ principal: Principal, ofProof number: Int) -> Bool {
        replacePrincipal(principal, ofProof: number)
    }

    private func replacePrincipal(_ principal: Principal, ofProof number: Int? = nil) -> Bool {
        let (isReplaced, onProof) = caller.withLock { caller -> (Bool, (@Sendable () -> Void)?) in
            guard !caller.isEnded, number.map({ $0 == caller.proofs }) ?? true else { return (false, nil) }
            caller.principal = principal
            guard !principal.awaitsProof else { return (true, nil) }
            defer { caller.onProof = nil }
            return (true, caller.onProof)
        }
        onProof?()
        return isReplaced
    }

    /// True if the proof with this number is the last one that the client has shown, and the connection was not ended.
    public func isCurrent(proof number: Int) -> Bool {
        caller.withLock { !$0.isEnded && $0.proofs == number }
    }

    /// Calls `body` once when the caller has shown a proof, or now if it has shown one. A second handler replaces the
    /// first one. `body` must not block.
    public func onProof(_ body: @escaping @Sendable () -> Void) {
        let isProven = caller.withLock { caller in
            if caller.principal.awaitsProof { caller.onProof = body }
            return !caller.principal.awaitsProof
        }
        if isProven { body() }
    }

    /// Makes the principal of a proof that the client has shown the caller of the next calls, unless the connection was
    /// ended. Returns the number of the proof, for ``setPrincipal(_:ofProof:)``.
    ///
    /// From then on the connection uses the share of the principal instead of that of its user or address. Throws
    /// `tooManyConnectionsOfUser` if the principal has `connectionsPerPrincipal` other connections; the caller stays.
    @discardableResult
    public func identify(as principal: Principal) throws(RPCError) -> Int {
        let payer = CallBudget.Payer(principal, peer)
        let (proof, refusal) = caller.withLock { caller -> (Int, RPCError?) in
            if payer != caller.payer, !caller.isClosed {
                if let refusal = budget.takeConnection(of: payer) { return (caller.proofs, refusal) }
                budget.giveBackConnection(of: caller.payer)
                caller.payer = payer
            }
            // From here on, no principal of the proof before can be set.
            caller.proofs += 1
            return (caller.proofs, nil)
        }
        if let refusal { throw refusal }
        _ = setPrincipal(principal, ofProof: proof)
        let bytes = payer.isPrincipal ? limits.outboundQueueBytesOfPrincipal : limits.outboundQueueBytes
        state.withLock { $0.queueLimitBytes = bytes }
        return proof
    }

    /// True if the connection has closed.
    public var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Calls `body` once when the connection closes, or now if it has closed already.
    ///
    /// `body` must not block. Handlers run in the order in which they were added.
    public func onClose(_ body: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            if !state.isClosed { state.closeHandlers.append(body) }
            return state.isClosed
        }
        if isGone { body() }
    }

    /// Closes the connection after the replies in flight and all queued bytes are written.
    public func close() {
        update { $0.wantsClose = true }
    }

    /// Ends the connection because its client's proof is no longer valid, such as a revoked token, or because it may not
    /// stay without a proof.
    ///
    /// The client gets the error, with a null id, and then no notification. Later calls are refused, calls that only wait
    /// are cancelled, and the connection closes when the calls in flight have replied.
    public func end(_ error: RPCError) {
        caller.withLock { caller in
            caller.principal = Principal(id: caller.principal.id, proof: .anonymous, rights: .none)
            caller.isEnded = true
        }
        let (waiters, tasks, isDue) = state.withLock { state in
            (state.end(error.line), state.cancel { $0.onClose == .stopsWaiting }, state.needsWake())
        }
        for task in tasks { task.cancel() }
        for waiter in waiters { waiter.continuation.resume(throwing: SessionClosed()) }
        if isDue { wake() }
    }

    /// Counts one more subscription against the limits of the connection, its user and the daemon. Throws
    /// `tooManySubscriptions` if a limit is reached.
    ///
    /// Until ``releaseSubscription()``, the end of the client's input does not close the connection, so that a client
    /// that sends nothing more still receives events.
    public func reserveSubscription() throws(RPCError) {
        let present = payer
        let refusal = state.withLock { state in
            // The first subscription decides whose share the connection's subscriptions use.
            let payer = state.subscriptions > 0 ? state.subscriber ?? present : present
            let refusal = state.reserveSubscription { budget.takeSubscription(for: payer) }
            if refusal == nil { state.subscriber = payer }
            return refusal
        }
        if let refusal { throw refusal }
    }

    /// Releases a subscription.
    public func releaseSubscription() {
        update { state in
            if state.releaseSubscription(), let payer = state.subscriber {
                budget.giveBackSubscriptions(1, of: payer)
            }
        }
    }

    /// The number of reserved subscriptions.
    public var subscriptions: Int { state.withLock { $0.subscriptions } }

    /// Changes the state and wakes the transport if it has new work.
    func update(_ change: (inout SessionState) -> Void) {
        let isDue = state.withLock { state in
            change(&state)
            return state.needsWake()
        }
        if isDue { wake() }
    }

    /// Changes the state like ``update(_:)``, then resumes the senders that `change` returns.
    func updateAdmitting(_ change: (inout SessionState) -> [SessionState.Waiter]) {
        let (admitted, isDue) = state.withLock { state in (change(&state), state.needsWake()) }
        if isDue { wake() }
        for waiter in admitted { waiter.continuation.resume() }
    }
}

extension SessionState {
    /// Returns true if the transport must be woken. Then returns false until it has called ``Session/didWake()``.
    fileprivate mutating func needsWake() -> Bool {
        guard hasWork || holdsInput, !isClosed else { return false }
        defer { isWakeDue = true }
        return !isWakeDue
    }
}

// MARK: - Notifications

/// Thrown to a sender when the connection has closed.
public struct SessionClosed: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence.
    public var description: String { "cannot notify, the connection is closed" }

    /// Creates the error.
    public init() {}
}

extension Session {
    /// The result of offering a message.
    public enum Offer: Sendable, Hashable {
        /// The message will be sent.
        case queued
        /// The queue has no space, an earlier notification waits, or a call that holds events has no reply yet.
        case busy
        /// The connection has closed.
        case closed
    }

    /// Sends one complete JSON message, without line end, if that is possible at once.
    ///
    /// Publishers with many connections use this method, because it never waits for a client.
    public func offer(_ message: [UInt8]) -> Offer {
        (message + [UInt8(ascii: "\n")]).withUnsafeBytes { offer(lines: $0) }
    }

    /// Offers messages that include their line ends. All of them are queued, or none.
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
    /// Suspends while the client does not read fast enough or a call that holds events runs. Messages of one sender
    /// keep their order. Throws ``SessionClosed``, or `CancellationError` if the sender's task is cancelled.
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

    /// Returns the text of a notification. Use it for messages to many connections.
    public static func notification(_ method: String, params: JSONValue) -> [UInt8] {
        ReplyWriter.notification(method, params: params)
    }

    private func waitToSend(_ message: [UInt8]) async throws {
        let ticket = state.withLock { $0.newKey() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue(SessionState.Waiter(ticket: ticket, message: message, continuation: continuation))
                // `onCancel` may have run before the waiter was queued.
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
    /// Acknowledges a wake. Later changes call `wake` again.
    public func didWake() {
        state.withLock { $0.isWakeDue = false }
    }

    /// Returns the bytes to write now, or `nil` if there are none or an earlier write is in progress.
    public func takeOutput() -> [UInt8]? {
        state.withLock { $0.take() }
    }

    /// Records that the bytes of ``takeOutput()`` are written.
    public func didWrite() {
        let admitted = state.withLock { $0.wrote() }
        for waiter in admitted { waiter.continuation.resume() }
    }

    /// True if the transport can close the connection: a close was requested, or the client has ended its input and has
    /// no subscription or waiting notification. In both cases all calls have ended and all queued bytes are written.
    public var isFinished: Bool {
        state.withLock { ($0.wantsClose && $0.isFlushed) || ($0.inputEnded && $0.isDrained) }
    }

    /// True if no call is in flight, so that only queued bytes are left to write.
    public var isAnswered: Bool { state.withLock { $0.calls.isEmpty && $0.batches.isEmpty } }

    /// The number of bytes that the connection has accepted since it was opened. It grows while the client reads.
    public var writtenBytes: Int { state.withLock { $0.written } }

    /// Sends a WebSocket control frame, such as a ping or a pong.
    public func send(frame: [UInt8]) {
        update { state in frame.withUnsafeBytes { state.send($0) } }
    }

    /// True if a close was requested.
    public var wantsClose: Bool { state.withLock { $0.wantsClose } }

    /// True if the transport has bytes to write, a decoded message to process, or a connection to close.
    public var hasWork: Bool { state.withLock { $0.hasWork } }

    /// Records that the connection has closed.
    ///
    /// Waiting senders get ``SessionClosed``, and the close handlers run. Calls that only read or wait are cancelled.
    /// Calls that have not started never start. All other calls run to their end.
    public func didClose() {
        let left = state.withLock { $0.close() }
        if let subscriber = left.subscriber { budget.giveBackSubscriptions(left.subscriptions, of: subscriber) }
        let payer: CallBudget.Payer? = caller.withLock { caller in
            defer { caller.isClosed = true }
            return caller.isClosed ? nil : caller.payer
        }
        if let payer { budget.giveBackConnection(of: payer) }
        for task in left.tasks { task.cancel() }
        for waiter in left.waiters { waiter.continuation.resume(throwing: SessionClosed()) }
        for handler in left.handlers { handler() }
    }

    /// Closes the session on shutdown of the daemon. Calls that only wait are cancelled; all other calls get their
    /// reply.
    public func drain() {
        let tasks = state.withLock { state in
            state.wantsClose = true
            return state.cancel { $0.onClose == .stopsWaiting }
        }
        for task in tasks { task.cancel() }
    }

    /// Cancels the calls that only read or wait. They reply with `requestCancelled`. All other calls continue.
    public func cancelWaits() {
        let tasks = state.withLock { state in state.cancel { $0.onClose != .runs } }
        for task in tasks { task.cancel() }
    }

    /// Cancels every call in flight. A transport calls this method when the calls have not ended in time.
    public func cancelCalls() {
        let tasks = state.withLock { $0.cancel(where: { _ in true }) }
        for task in tasks { task.cancel() }
    }
}
