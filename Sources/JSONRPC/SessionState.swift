/// How the messages that a client gets are told apart.
enum OutboundFraming: Sendable {
    case lines
    /// Each says its length.
    case lengthHeaders
    /// Each is a text frame.
    case webSocket
    /// Each is a binary frame.
    case webSocketBinary
}

/// What a connection has to remember between its events; pure, the effects stand in ``Session``.
///
/// Replies and notifications meet in `outbox`. The transport takes all of it at once and says when it was written, so
/// that whatever queues up in the meantime leaves in one write.
struct SessionState: Sendable {
    /// A call that is not answered yet.
    struct InFlight: Sendable {
        let id: RPCID?
        /// What becomes of the call when its connection closes.
        let onClose: CallEnd
        /// What the call has of the daemon's budget.
        let cost: CallBudget.Cost
        var holdsEvents = false
        var isStarted = false
        var task: Task<Void, Never>?
        var isCancelled = false
    }

    /// A notification that waits for room, and its sender.
    struct Waiter: Sendable {
        let ticket: UInt64
        let message: [UInt8]
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// The replies of a batch until all are there.
    struct Batch: Sendable {
        var parts: [[UInt8]?]
        var missing: Int
        var holds: Int
        var afterReply: [@Sendable () -> Void]
    }

    // What every message touches stands together.
    private(set) var isClosed = false
    /// How messages are told apart by the client.
    var framing = OutboundFraming.lines
    var wantsClose = false
    var inputEnded = false
    var isWakeDue = false
    /// Whether messages wait to be read until there is room.
    var holdsInput = false
    /// Whether a long message waits for the reader; looking at that itself would copy it.
    private var hasDecoded = false
    private let notificationBytes: Int
    private(set) var holds = 0
    private(set) var beingWritten = 0
    /// Bytes that the connection has taken from the beginning on.
    private(set) var written = 0
    private(set) var outbox: [UInt8] = []
    /// Writes what the connection takes at once; none where only the transport's own turn writes.
    let sendNow: Session.SendNow?
    private var waiters: [UInt64: Waiter] = [:]

    let limits: RPCLimits
    private(set) var subscriptions = 0
    private(set) var calls: [UInt64: InFlight] = [:]
    /// The bytes of their messages.
    private(set) var callBytes = 0
    private(set) var batches: [UInt64: Batch] = [:]
    /// A long message that was read elsewhere, until the reader takes it.
    var decoded: Inbound? {
        didSet { hasDecoded = decoded != nil }
    }
    private var firstWaiter: UInt64 = 0
    private var nextWaiter: UInt64 = 0
    private var lastKey: UInt64 = 0
    var closeHandlers: [@Sendable () -> Void] = []

    init(limits: RPCLimits, sendNow: Session.SendNow? = nil) {
        self.limits = limits
        self.sendNow = sendNow
        notificationBytes = limits.outboundNotificationBytes
    }

    /// Bytes that the client has not taken yet.
    var queuedBytes: Int { outbox.count + beingWritten }

    /// Whether nothing is left to do for a client that has ended its side.
    var isDrained: Bool {
        calls.isEmpty && batches.isEmpty && subscriptions == 0 && waiters.isEmpty && queuedBytes == 0
    }

    /// Whether the replies and events that were promised before a close have all been written.
    var isFlushed: Bool { calls.isEmpty && batches.isEmpty && queuedBytes == 0 }

    mutating func newKey() -> UInt64 {
        lastKey += 1
        return lastKey
    }
}

// MARK: - Outbound

extension SessionState {
    private var mayNotify: Bool { holds == 0 && queuedBytes < notificationBytes }

    /// Queues a notification if there is room and nobody waits before it.
    mutating func offer(_ append: (inout SessionState) -> Void) -> Session.Offer {
        if isClosed { return .closed }
        guard mayNotify, waiters.isEmpty else { return .busy }
        append(&self)
        return .queued
    }

    mutating func append(_ message: [UInt8]) {
        (message + [UInt8(ascii: "\n")]).withUnsafeBytes { append(lines: $0) }
    }

    /// Sends whole lines, as the client wants them.
    mutating func append(lines: UnsafeRawBufferPointer) {
        switch framing {
        case .lines: send(lines)
        case .lengthHeaders: LengthHeaders.applied(to: lines).withUnsafeBytes { send($0) }
        case .webSocket: WebSocketFrames.texts(of: lines).withUnsafeBytes { send($0) }
        case .webSocketBinary: WebSocketFrames.binaries(of: lines).withUnsafeBytes { send($0) }
        }
    }

    /// Sends bytes as they are: at once as far as that goes, and the rest with what is queued.
    mutating func send(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed else { return }
        let sent = mayOvertake ? sendNow?(bytes) ?? 0 : 0
        written += sent
        if sent < bytes.count { outbox.append(contentsOf: bytes[sent...]) }
    }

    /// Whether nothing waits that would have to go before.
    private var mayOvertake: Bool { outbox.isEmpty && beingWritten == 0 }

    /// Whether the transport has something to do. What queues up behind a write is taken when that is through, without a turn more.
    var needsTurn: Bool { (!outbox.isEmpty && beingWritten == 0) || hasDecoded || wantsClose || inputEnded }

    /// Whether a reply of `count` bytes would overflow the queue of a client that does not read.
    func overflows(_ count: Int) -> Bool {
        queuedBytes + count > limits.outboundQueueBytes
    }

    /// All that is to be written now; nothing while an earlier write is under way.
    mutating func take() -> [UInt8]? {
        guard beingWritten == 0, !outbox.isEmpty else { return nil }
        beingWritten = outbox.count
        defer { outbox = [] }
        return outbox
    }

    /// Says that the last ``take()`` was written; returns the senders that may go on.
    mutating func wrote() -> [Waiter] {
        written += beingWritten
        beingWritten = 0
        return admit()
    }

    mutating func wait(_ waiter: Waiter) {
        waiters[nextWaiter] = waiter
        nextWaiter += 1
    }

    mutating func stopWaiting(_ ticket: UInt64) -> Waiter? {
        guard let place = waiters.first(where: { $0.value.ticket == ticket })?.key else { return nil }
        return waiters.removeValue(forKey: place)
    }

    /// Queues waiting notifications in their order as far as there is room; returns their senders.
    private mutating func admit() -> [Waiter] {
        var admitted: [Waiter] = []
        while firstWaiter < nextWaiter, mayNotify {
            if let waiter = waiters.removeValue(forKey: firstWaiter) {
                append(waiter.message)
                admitted.append(waiter)
            }
            firstWaiter += 1
        }
        return admitted
    }
}

// MARK: - Calls

extension SessionState {
    mutating func begin(_ call: InFlight, holdsEvents: Bool) -> UInt64 {
        let key = newKey()
        calls[key] = call
        callBytes += call.cost.bytes
        calls[key]?.holdsEvents = holdsEvents
        if holdsEvents { holds += 1 }
        return key
    }

    /// The calls that hold events and came before.
    var holding: [Task<Void, Never>] {
        calls.values.compactMap { $0.holdsEvents ? $0.task : nil }
    }

    /// Keeps the task of a call that still runs; answers whether it is to be cancelled at once.
    mutating func attach(_ task: Task<Void, Never>, to key: UInt64) -> Bool {
        calls[key]?.task = task
        return calls[key]?.isCancelled ?? false
    }

    /// Returns whether the handler of a call may run: not if the connection closed before.
    mutating func start(_ key: UInt64) -> Bool {
        guard !isClosed else { return false }
        calls[key]?.isStarted = true
        return true
    }

    /// Ends a call.
    mutating func end(_ key: UInt64) {
        callBytes -= calls.removeValue(forKey: key)?.cost.bytes ?? 0
    }

    /// The tasks of the calls with this id.
    mutating func cancel(_ id: RPCID) -> [Task<Void, Never>] {
        cancel { $0.id == id }
    }

    mutating func cancel(where matches: (InFlight) -> Bool) -> [Task<Void, Never>] {
        var tasks: [Task<Void, Never>] = []
        for (key, call) in calls where matches(call) {
            calls[key]?.isCancelled = true
            if let task = call.task { tasks.append(task) }
        }
        return tasks
    }

    mutating func hold() {
        holds += 1
    }

    /// Ends `count` holds; returns the senders that may go on.
    mutating func release(_ count: Int) -> [Waiter] {
        guard count > 0 else { return [] }
        holds -= count
        return admit()
    }

    mutating func begin(_ batch: Batch) -> UInt64 {
        let key = newKey()
        batches[key] = batch
        return key
    }

    /// Puts one reply into its batch; the whole batch comes back with its last one.
    mutating func fill(_ key: UInt64, _ index: Int, _ part: [UInt8]?, _ afterReply: (@Sendable () -> Void)?) -> Batch? {
        guard var batch = batches.removeValue(forKey: key) else { return nil }
        batch.parts[index] = part
        batch.missing -= 1
        if let afterReply { batch.afterReply.append(afterReply) }
        if batch.missing == 0 { return batch }
        batches[key] = batch
        return nil
    }
}

// MARK: - Subscriptions and the end

extension SessionState {
    /// Takes a subscription, or says why there is none left. `takeShare` takes it from the budget of all connections.
    mutating func reserveSubscription(_ takeShare: () -> RPCError?) -> RPCError? {
        guard subscriptions < limits.subscriptionsPerConnection else {
            let words =
                limits.subscriptionsPerConnection > 0
                ? "cannot hold more than \(limits.subscriptionsPerConnection) subscriptions here, end some first"
                : "cannot subscribe here, a connection that stays is needed: a socket or a WebSocket"
            return .limit(
                .tooManySubscriptions, words,
                limit: limits.subscriptionsPerConnection, actual: subscriptions + 1)
        }
        // A closed connection has given its share back, and takes none any more.
        if !isClosed, let refusal = takeShare() { return refusal }
        subscriptions += 1
        return nil
    }

    /// Gives a subscription back; returns whether it has a share of the budget of all connections.
    mutating func releaseSubscription() -> Bool {
        guard subscriptions > 0 else { return false }
        subscriptions -= 1
        return !isClosed
    }

    /// What is to be done once the connection is gone.
    struct Leftovers: Sendable {
        var waiters: [Waiter] = []
        var tasks: [Task<Void, Never>] = []
        var handlers: [@Sendable () -> Void] = []
        /// The shares to give back to the budget of all connections.
        var subscriptions = 0
    }

    mutating func close() -> Leftovers {
        guard !isClosed else { return Leftovers() }
        isClosed = true
        let tasks = cancel { !$0.isStarted || $0.onClose != .runs }
        let left = Leftovers(
            waiters: Array(waiters.values), tasks: tasks, handlers: closeHandlers, subscriptions: subscriptions)
        waiters = [:]
        closeHandlers = []
        batches = [:]
        outbox = []
        beingWritten = 0
        return left
    }
}
