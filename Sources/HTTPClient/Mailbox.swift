/// What callers hand to the client's thread, decided as a value: the client holds it under its lock.
struct Mailbox: Sendable {
    /// What becomes of a request that is handed in.
    enum Admission: Equatable {
        /// Taken; the thread must be woken.
        case wake
        /// Taken; the thread was woken already and will find it.
        case taken
        case refused(HTTPError.Code)
    }

    /// What the thread finds when it looks.
    struct Delivery: Sendable {
        var arrivals: [Exchange]
        var withdrawals: [UInt64]
        var isClosing: Bool
    }

    private enum Phase {
        /// Requests are taken. → closing
        case open
        /// The thread fails what is under way and ends. → closed
        case closing
        /// The thread is gone.
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

    /// A request arrives.
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

    /// A caller no longer waits. Returns whether the thread must be woken.
    ///
    /// It may be that the request never arrived or is answered already; the thread ignores those.
    mutating func withdraw(_ id: UInt64) -> Bool {
        guard phase == .open else { return false }
        withdrawals.append(id)
        return signal()
    }

    /// The client ends. Returns whether the thread must be woken.
    mutating func close() -> Bool {
        guard phase == .open else { return false }
        phase = .closing
        return signal()
    }

    /// There is no thread: every request is refused from the start.
    mutating func abandon() {
        phase = .closed
    }

    /// The thread takes everything.
    mutating func take() -> Delivery {
        let delivery = Delivery(arrivals: arrivals, withdrawals: withdrawals, isClosing: phase != .open)
        arrivals.removeAll()
        withdrawals.removeAll()
        isSignalled = false
        return delivery
    }

    /// The thread answered one request.
    mutating func finishOne() {
        outstanding -= 1
    }

    /// Somebody waits for the thread's end. Returns false, keeping nothing, where that is past.
    mutating func awaitClosed(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        guard phase != .closed else { return false }
        onClosed.append(continuation)
        return true
    }

    /// The thread is at its end. Returns who waited for it.
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

/// A request on its way to an answer.
struct Exchange: Sendable {
    let id: UInt64
    let request: HTTPRequest
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>

    func answer(_ result: Result<HTTPResponse, HTTPError>) {
        continuation.resume(returning: result)
    }
}
