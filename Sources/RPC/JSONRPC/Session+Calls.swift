internal import JSON
internal import Locking

/// The position of an item's reply in a batch.
struct BatchSlot: Sendable {
    let batch: UInt64
    let index: Int
}

extension Session {
    /// Runs a suspending handler in a task that the session keeps until the task ends.
    ///
    /// The budget has admitted the call. `cost` is returned to the payer's share after the handler has returned. `entered`
    /// is the call if it has entered the chain of interceptors already.
    func start(
        _ request: Request, _ method: Method, _ router: Router, cost: CallBudget.Cost, of payer: CallBudget.Payer,
        slot: BatchSlot?, entered: EnteredCall? = nil
    ) {
        guard case .suspending(let handler) = method.body else { return }
        let call = entered?.context ?? RPCContext(session: self, method: method.properties, id: request.id)
        let entry = SessionState.InFlight(
            id: request.id, onClose: method.onClose, cost: cost, isFollowed: method.holdsEvents)
        // Holds of a batch end with the batch.
        let holds = slot == nil && method.holdsEvents
        let (before, key) = state.withLock { state in
            (method.followsHolds ? state.followed : [], state.begin(entry, holdsEvents: holds))
        }
        let task = Task(executorPreference: method.onLoop ? executor : nil) { [self] in
            for earlier in before { await earlier.value }
            let starts = state.withLock { $0.start(key) }
            let outcome =
                starts
                ? await router.outcome(of: handler, request.params, entered ?? router.enter(call, request.params))
                : .failure(.notStarted)
            budget.giveBack(cost, of: payer)
            finish(key, call, outcome, slot: slot, holds: holds ? 1 : 0)
        }
        let isCancelled = state.withLock { $0.attach(task, to: key) }
        if isCancelled { task.cancel() }
    }

    private func finish(_ key: UInt64, _ call: RPCContext, _ outcome: Outcome, slot: BatchSlot?, holds: Int) {
        var reply: [UInt8]?
        if let id = call.id {
            var bytes: [UInt8] = []
            ReplyWriter.append(id, outcome, to: &bytes)
            reply = bytes
        }
        if let slot {
            finish(key, reply, outcome.afterReply, slot)
        } else {
            finish(key, call, reply, outcome.afterReply, holds)
        }
    }

    private func finish(
        _ key: UInt64, _ call: RPCContext, _ reply: [UInt8]?, _ afterReply: (@Sendable () -> Void)?, _ holds: Int
    ) {
        var runs = false
        updateAdmitting { state in
            state.end(key)
            runs = !state.isClosed
            if let reply, let id = call.id { state.append(reply, to: id) }
            return []
        }
        if runs { afterReply?() }
        updateAdmitting { $0.release(holds) }
    }

    private func finish(_ key: UInt64, _ part: [UInt8]?, _ afterReply: (@Sendable () -> Void)?, _ slot: BatchSlot) {
        var whole: SessionState.Batch?
        update { state in
            state.end(key)
            whole = state.fill(slot.batch, slot.index, part, afterReply)
            if let whole { state.append(whole) }
        }
        guard let whole else { return }
        for afterReply in whole.afterReply { afterReply() }
        updateAdmitting { $0.release(whole.holds) }
    }
}

extension SessionState {
    /// Queues a reply, or an error if the reply does not fit.
    mutating func append(_ reply: [UInt8], to id: RPCID) {
        guard overflows(reply.count) else { return append(reply) }
        var refusal: [UInt8] = []
        let error: RPCError =
            reply.count > queueLimitBytes
            ? .replyTooLarge(limit: queueLimitBytes, actual: reply.count)
            : .outboundQueueFull(limit: queueLimitBytes, actual: queuedBytes + reply.count)
        ReplyWriter.append(id, .failure(error), to: &refusal)
        append(refusal)
    }

    /// Queues the single reply of a batch, or an error if it does not fit. Queues nothing if all items were
    /// notifications.
    mutating func append(_ batch: Batch) {
        let parts = batch.parts.compactMap(\.self)
        guard !parts.isEmpty else { return }
        var reply: [UInt8] = [UInt8(ascii: "[")]
        reply.reserveCapacity(parts.reduce(2) { $0 + $1.count + 1 })
        for (index, part) in parts.enumerated() {
            if index > 0 { reply.append(UInt8(ascii: ",")) }
            reply.append(contentsOf: part)
        }
        reply.append(UInt8(ascii: "]"))
        append(reply, to: .null)
    }
}

extension RPCError {
    /// The outcome of a call that had not started when its connection closed. It is never sent.
    static let notStarted = RPCError(.requestCancelled, "cannot begin the call, its connection has closed")

    static func outboundQueueFull(limit: Int, actual: Int) -> RPCError {
        .limit(
            .outboundQueueFull, "cannot queue the reply, the call was carried out but too much waits to be read here",
            limit: limit, actual: actual, retryAfterMs: 100)
    }

    /// The error for a reply that is larger than the limit of the outbound queue.
    static func replyTooLarge(limit: Int, actual: Int) -> RPCError {
        var error = RPCError.limit(
            .outboundQueueFull,
            "cannot send the reply, the call was carried out but it has \(actual) bytes: ask for less",
            limit: limit, actual: actual)
        error.retryable = false
        return error
    }
}

// MARK: - For the reader

extension Session {
    var queuedBytes: Int { state.withLock { $0.queuedBytes } }
    var callsInFlight: Int { state.withLock { $0.calls.count } }
    var bytesInFlight: Int { state.withLock { $0.callBytes } }

    /// Returns true if at most `most` calls are in flight with these, and their bytes fit the limits of the connection.
    /// An idle connection accepts a batch of any size.
    func hasRoom(for cost: CallBudget.Cost, most: Int) -> Bool {
        let (calls, bytes) = state.withLock { ($0.calls.count, $0.callBytes) }
        return calls == 0
            || (calls + cost.calls <= most
                && bytes + cost.bytes <= limits.inFlightBytesPerConnection)
    }

    /// Returns true if a call could start now, and no earlier call is in flight that it must follow.
    func mayAnswerAtOnce(_ method: Method, bytes: Int) -> Bool {
        state.withLock { state in
            state.calls.isEmpty
                || (state.calls.count < limits.inFlightPerConnection
                    && state.callBytes + bytes <= limits.inFlightBytesPerConnection
                    && !(method.followsHolds && state.calls.values.contains(where: \.isFollowed)))
        }
    }

    /// Reserves budget for calls, or returns an error if there is no space.
    func admit(_ cost: CallBudget.Cost, of payer: CallBudget.Payer) -> RPCError? {
        cost.calls == 0 ? nil : budget.take(cost, for: payer)
    }

    /// Queues lines from the transport's event loop, which then writes them without a wake.
    func queue(lines: [UInt8]) {
        state.withLock { state in lines.withUnsafeBytes { state.append(lines: $0) } }
    }

    /// Sets the framing of messages to the client.
    func frame(as framing: OutboundFraming) {
        state.withLock { $0.framing = framing }
    }

    /// Decodes a long message in a task. ``takeDecoded()`` returns it after the session has woken the transport.
    ///
    /// The bytes count in the daemon's budget while the task decodes them. Returns an error if the budget has no space
    /// for them.
    func decode(_ bytes: UnsafeRawBufferPointer, with decoder: MessageDecoder) -> RPCError? {
        let (cost, payer) = (CallBudget.Cost(bytes: bytes.count), payer)
        if let refusal = budget.take(cost, for: payer) { return refusal }
        let copy = Array(bytes)
        Task {
            // The message is dropped if the connection has closed.
            let message = isClosed ? nil : copy.withUnsafeBytes { decoder.decode($0) }
            budget.giveBack(cost, of: payer)
            update { $0.decoded = message }
        }
        return nil
    }

    func takeDecoded() -> Inbound? {
        state.withLock { state in
            defer { state.decoded = nil }
            return state.decoded
        }
    }

    /// Records whether the reader is blocked. If it is, new space wakes the transport.
    func hold(input: Bool) {
        state.withLock { $0.holdsInput = input }
    }

    func hold() {
        state.withLock { $0.hold() }
    }

    func release(_ count: Int) {
        updateAdmitting { $0.release(count) }
    }

    func cancelCall(_ id: RPCID) {
        let tasks = state.withLock { $0.cancel(id) }
        for task in tasks { task.cancel() }
    }

    func didEndInput() {
        state.withLock { $0.inputEnded = true }
    }

    /// Starts the suspending items of a batch. Queues the reply at once if there are none.
    func start(
        _ batch: SessionState.Batch, _ waiting: [(Int, Request, Method)], _ router: Router, bytes: Int,
        of payer: CallBudget.Payer
    ) {
        guard !waiting.isEmpty else {
            state.withLock { $0.append(batch) }
            for afterReply in batch.afterReply { afterReply() }
            return release(batch.holds)
        }
        let key = state.withLock { $0.begin(batch) }
        for (index, request, method) in waiting {
            let cost = method.cost(bytes: bytes)
            start(request, method, router, cost: cost, of: payer, slot: BatchSlot(batch: key, index: index))
        }
    }
}

/// Writes replies and notifications as compact JSON.
enum ReplyWriter {
    private static let start = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
    private static let result = Array(#","result":"#.utf8)
    private static let error = Array(#","error":"#.utf8)
    private static let method = Array(#"{"jsonrpc":"2.0","method":"#.utf8)
    private static let params = Array(#","params":"#.utf8)

    static func append(_ id: RPCID, _ outcome: Outcome, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: start)
        bytes.append(contentsOf: id.raw.utf8)
        switch outcome {
        case .success(let answer):
            bytes.append(contentsOf: result)
            switch answer.result {
            case .json(let value): JSONWriter.append(value, to: &bytes)
            case .bytes(let text): bytes.append(contentsOf: text)
            }
        case .failure(let failure):
            bytes.append(contentsOf: error)
            JSONWriter.append(failure.json, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    static func notification(_ name: String, params value: JSONValue) -> [UInt8] {
        var bytes = method
        JSONWriter.append(name, to: &bytes)
        bytes.append(contentsOf: params)
        JSONWriter.append(value, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
