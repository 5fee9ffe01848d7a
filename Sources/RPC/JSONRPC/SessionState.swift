/// The framing of messages that are sent to a client.
enum OutboundFraming: Sendable {
    case lines
    /// A `Content-Length` header precedes each message.
    case lengthHeaders
    /// One text frame per message.
    case webSocket
    /// One binary frame per message.
    case webSocketBinary
}

/// The state of one connection, as a value. ``Session`` performs the effects.
///
/// `outbox` holds replies and notifications in one queue. The transport takes the whole queue and reports when it is
/// written. Messages that arrive in the meantime leave in the next write.
struct SessionState: Sendable {
    /// A call without a reply so far.
    struct InFlight: Sendable {
        let id: RPCID?
        /// Defines how the call ends when its connection closes.
        let onClose: CallEnd
        /// The share of the daemon's call budget that the call uses.
        let cost: CallBudget.Cost
        /// True if the method holds events. Later calls with ``Method/followsHolds`` start only after the task of this
        /// call has ended.
        let isFollowed: Bool
        var isStarted = false
        var task: Task<Void, Never>?
        var isCancelled = false
    }

    /// A notification that waits for space in the queue, and its sender.
    struct Waiter: Sendable {
        let ticket: UInt64
        let message: [UInt8]
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// A batch. Its replies are collected until the last one is present.
    struct Batch: Sendable {
        var parts: [[UInt8]?]
        var missing: Int
        var holds: Int
        var afterReply: [@Sendable () -> Void]
    }

    // The fields that every message uses come first, next to each other in memory.
    private(set) var isClosed = false
    /// The framing of messages to the client.
    var framing = OutboundFraming.lines
    var wantsClose = false
    /// True after the client's proof has ended: the client gets no further notifications.
    private(set) var isEnded = false
    var inputEnded = false
    var isWakeDue = false
    /// True if the reader is blocked until there is space for more calls or replies.
    var holdsInput = false
    /// True if `decoded` holds a message. It is stored, because reading `decoded` itself would copy the message.
    private var hasDecoded = false
    private let notificationBytes: Int
    private(set) var holds = 0
    private(set) var beingWritten = 0
    /// The number of bytes that the connection has accepted since it was opened.
    private(set) var written = 0
    private(set) var outbox: [UInt8] = []
    /// Writes as many bytes as the connection accepts at once; `nil` if only the transport writes.
    let sendNow: Session.SendNow?
    private var waiters: [UInt64: Waiter] = [:]

    let limits: RPCLimits
    /// The maximum number of bytes that wait for the client.
    var queueLimitBytes: Int
    private(set) var subscriptions = 0
    /// The payer of the subscriptions; `nil` before the first one.
    var subscriber: CallBudget.Payer?
    private(set) var calls: [UInt64: InFlight] = [:]
    /// The message bytes of the calls in flight.
    private(set) var callBytes = 0
    private(set) var batches: [UInt64: Batch] = [:]
    /// A long message that a task has decoded, until the reader takes it.
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
        queueLimitBytes = limits.outboundQueueBytes
        notificationBytes = limits.outboundNotificationBytes
    }

    /// The number of bytes that are queued or being written.
    var queuedBytes: Int { outbox.count + beingWritten }

    /// True if no work is left for a client that has ended its input.
    var isDrained: Bool {
        calls.isEmpty && batches.isEmpty && subscriptions == 0 && waiters.isEmpty && queuedBytes == 0
    }

    /// True if all replies and events that were accepted before a close are written.
    var isFlushed: Bool { calls.isEmpty && batches.isEmpty && queuedBytes == 0 }

    mutating func newKey() -> UInt64 {
        lastKey += 1
        return lastKey
    }
}

// MARK: - Outbound

extension SessionState {
    private var mayNotify: Bool { holds == 0 && queuedBytes < notificationBytes }

    /// Queues a notification if there is space, no call holds events, and no earlier notification waits.
    mutating func offer(_ append: (inout SessionState) -> Void) -> Session.Offer {
        if isClosed || isEnded { return .closed }
        guard mayNotify, waiters.isEmpty else { return .busy }
        append(&self)
        return .queued
    }

    /// Queues the last message and requests the close. Returns the notifications that are not sent any more.
    mutating func end(_ lines: [UInt8]) -> [Waiter] {
        guard !isClosed, !isEnded else { return [] }
        lines.withUnsafeBytes { append(lines: $0) }
        isEnded = true
        wantsClose = true
        defer { waiters = [:] }
        return Array(waiters.values)
    }

    mutating func append(_ message: [UInt8]) {
        (message + [UInt8(ascii: "\n")]).withUnsafeBytes { append(lines: $0) }
    }

    /// Sends complete lines in the client's framing.
    mutating func append(lines: UnsafeRawBufferPointer) {
        switch framing {
        case .lines: send(lines)
        case .lengthHeaders: LengthHeaders.applied(to: lines).withUnsafeBytes { send($0) }
        case .webSocket: WebSocketFrames.texts(of: lines).withUnsafeBytes { send($0) }
        case .webSocketBinary: WebSocketFrames.binaries(of: lines).withUnsafeBytes { send($0) }
        }
    }

    /// Sends bytes unchanged: directly as far as the connection accepts them, the rest through the queue.
    mutating func send(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed else { return }
        let sent = mayOvertake ? sendNow?(bytes) ?? 0 : 0
        written += sent
        if sent < bytes.count { outbox.append(contentsOf: bytes[sent...]) }
    }

    /// True if no earlier bytes wait, so that a direct write keeps the order.
    private var mayOvertake: Bool { outbox.isEmpty && beingWritten == 0 }

    /// True if the transport has work. Output that is queued during a write does not count, because the transport sends
    /// it when that write has ended.
    var hasWork: Bool { (!outbox.isEmpty && beingWritten == 0) || hasDecoded || wantsClose || inputEnded }

    /// True if a reply of `count` bytes would exceed the queue limit of a client that does not read.
    func overflows(_ count: Int) -> Bool {
        queuedBytes + count > queueLimitBytes
    }

    /// Returns all queued bytes, or `nil` while an earlier write is in progress.
    mutating func take() -> [UInt8]? {
        guard beingWritten == 0, !outbox.isEmpty else { return nil }
        beingWritten = outbox.count
        defer { outbox = [] }
        return outbox
    }

    /// Records that the bytes of the last ``take()`` are written. Returns the senders that can continue.
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

    /// Queues waiting notifications in order while there is space. Returns their senders.
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
        if holdsEvents { holds += 1 }
        return key
    }

    /// The tasks of earlier calls that later ones follow.
    var followed: [Task<Void, Never>] {
        calls.values.compactMap { $0.isFollowed ? $0.task : nil }
    }

    /// Keeps the task of a call that still runs. Returns true if the task must be cancelled at once.
    mutating func attach(_ task: Task<Void, Never>, to key: UInt64) -> Bool {
        calls[key]?.task = task
        return calls[key]?.isCancelled ?? false
    }

    /// Returns true if the handler of a call may run. It may not if the connection has closed.
    mutating func start(_ key: UInt64) -> Bool {
        guard !isClosed else { return false }
        calls[key]?.isStarted = true
        return true
    }

    mutating func end(_ key: UInt64) {
        callBytes -= calls.removeValue(forKey: key)?.cost.bytes ?? 0
    }

    /// Marks the calls with this id as cancelled and returns their tasks.
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

    /// Ends `count` holds. Returns the senders that can continue.
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

    /// Stores one reply of a batch. Returns the complete batch after its last reply.
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
    /// Reserves a subscription. Returns an error if the limit is reached. `takeShare` reserves it in the shared budget.
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
        // A closed connection has returned its share and reserves no more.
        if !isClosed, let refusal = takeShare() { return refusal }
        subscriptions += 1
        return nil
    }

    /// Releases a subscription. Returns true if the caller must return its share to the shared budget.
    mutating func releaseSubscription() -> Bool {
        guard subscriptions > 0 else { return false }
        subscriptions -= 1
        return !isClosed
    }

    /// The work that is left after a connection has closed.
    struct Leftovers: Sendable {
        var waiters: [Waiter] = []
        var tasks: [Task<Void, Never>] = []
        var handlers: [@Sendable () -> Void] = []
        /// The subscriptions to return to the shared budget.
        var subscriptions = 0
        /// The payer of the subscriptions.
        var subscriber: CallBudget.Payer?
    }

    mutating func close() -> Leftovers {
        guard !isClosed else { return Leftovers() }
        isClosed = true
        let tasks = cancel { !$0.isStarted || $0.onClose != .runs }
        let left = Leftovers(
            waiters: Array(waiters.values), tasks: tasks, handlers: closeHandlers, subscriptions: subscriptions,
            subscriber: subscriber)
        waiters = [:]
        closeHandlers = []
        batches = [:]
        outbox = []
        beingWritten = 0
        return left
    }
}
