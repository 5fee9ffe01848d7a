/// The requests that callers pass to the client's thread. It is a value that the client guards with its lock.
struct Mailbox: Sendable {
    /// The result of submitting a request.
    enum Admission: Equatable {
        /// Accepted. The caller must wake the thread.
        case wake
        /// Accepted. The thread was woken already and will find the request.
        case taken
        case refused(HTTPError.Code)
    }

    /// The contents of the mailbox when the thread reads it.
    struct Delivery: Sendable {
        var arrivals: [Exchange]
        var withdrawals: [UInt64]
        var isClosing: Bool
    }

    private enum Phase {
        /// Requests are accepted. → closing
        case open
        /// The thread fails the requests in progress and ends. → closed
        case closing
        /// The thread has ended.
        case closed
    }

    private let capacity: Int
    private var phase = Phase.open
    private var isSignalled = false
    private var outstanding = 0
    private var lastID: UInt64 = 0
    private var arrivals: [Exchange] = []
    private var withdrawals: [UInt64] = []
    private var onClosed: [CheckedContinuation<Void, Never>] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// Submits a request.
    mutating func submit(_ exchange: Exchange) -> Admission {
        switch phase {
        case .closing, .closed: return .refused(.closed)
        case .open: break
        }
        guard outstanding < capacity else { return .refused(.overloaded) }
        outstanding += 1
        arrivals.append(exchange)
        return signal() ? .wake : .taken
    }

    /// Withdraws a request, because its caller's task was cancelled. Returns true if the thread must be woken.
    ///
    /// The thread ignores the withdrawal of a request that it does not know or has already completed.
    mutating func withdraw(_ id: UInt64) -> Bool {
        guard phase == .open else { return false }
        withdrawals.append(id)
        return signal()
    }

    /// Starts the shutdown of the client. Returns true if the thread must be woken.
    mutating func close() -> Bool {
        guard phase == .open else { return false }
        phase = .closing
        return signal()
    }

    /// Closes the mailbox because there is no thread. Every request is refused.
    mutating func abandon() {
        phase = .closed
    }

    /// Returns and removes all contents. Called by the thread.
    mutating func take() -> Delivery {
        let delivery = Delivery(arrivals: arrivals, withdrawals: withdrawals, isClosing: phase != .open)
        arrivals.removeAll()
        withdrawals.removeAll()
        isSignalled = false
        return delivery
    }

    /// Records that the thread has completed one request.
    mutating func finishOne() {
        outstanding -= 1
    }

    /// Registers a waiter for the end of the thread. Returns false, without keeping it, if the thread has ended.
    mutating func awaitClosed(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        guard phase != .closed else { return false }
        onClosed.append(continuation)
        return true
    }

    /// Records that the thread has ended. Returns the waiters.
    mutating func closed() -> [CheckedContinuation<Void, Never>] {
        phase = .closed
        let waiting = onClosed
        onClosed.removeAll()
        return waiting
    }

    private mutating func signal() -> Bool {
        let wasSignalled = isSignalled
        isSignalled = true
        return !wasSignalled
    }
}

/// A request that waits for its response.
struct Exchange: Sendable {
    let id: UInt64
    let request: HTTPRequest
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>

    func answer(_ result: Result<HTTPResponse, HTTPError>) {
        continuation.resume(returning: result)
    }
}
