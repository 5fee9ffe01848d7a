internal import JSON
internal import JSONRPC
internal import Locking

/// The replies and notifications that a client waits for.
final class Mailbox: Sendable {
    private struct Call: Sendable {
        /// Receives the reply, or the error that ends the wait. It is called once, on any thread.
        var complete: @Sendable (Result<JSONValue, any Error>) -> Void
        /// The length of the request in bytes.
        var bytes: Int
        var isSent = false
    }

    private struct State: Sendable {
        var lastID: Int64 = 0
        var calls: [Int64: Call] = [:]
        /// Calls that were cancelled while they were being sent.
        var abandoned: Set<Int64> = []
        var notifications: [Notification] = []
        var consumer: CheckedContinuation<Void, Never>?
        /// The cause of the end; `nil` while messages may still come.
        var end: (any Error)?
    }

    private let state = Locked(State())
    private let capacity: Int
    private let onRoom: @Sendable () -> Void

    /// Creates a mailbox that is full when `capacity` notifications wait for their consumer; with 0 it discards them.
    /// It calls `onRoom`, on any thread, when a full mailbox has space again.
    init(capacity: Int, onRoom: @escaping @Sendable () -> Void) {
        self.capacity = capacity
        self.onRoom = onRoom
    }

    var isFull: Bool { state.withLock { isFull($0) } }

    /// The cause of the end; `nil` while messages may still come.
    var failure: (any Error)? { state.withLock { $0.end } }

    func newID() -> Int64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// True if the client waits for replies or notifications on this connection.
    var isAwaited: Bool { capacity > 0 || state.withLock { !$0.calls.isEmpty } }

    /// Waits for the reply to `id`. It runs `send` after it has registered the wait; `bytes` is the length of the
    /// request.
    ///
    /// Throws `CancellationError` without sending if the task is already cancelled.
    func reply(to id: Int64, bytes: Int, send: () -> Void) async throws -> JSONValue {
        try await withCheckedThrowingContinuation { continuation in
            let end = state.withLock { state -> (any Error)? in
                // Checked under the lock, so that either this code or `abandon` sees a cancellation.
                let end = state.end ?? (Task.isCancelled ? CancellationError() : nil)
                if end == nil { state.calls[id] = Call(complete: { continuation.resume(with: $0) }, bytes: bytes) }
                return end
            }
            if let end { continuation.resume(throwing: end) } else { send() }
        }
    }

    /// Registers a wait for the reply to `id`, whose request has `bytes` bytes. `complete` is called once, on any
    /// thread.
    func expect(
        _ id: Int64, bytes: Int, _ complete: @escaping @Sendable (Result<JSONValue, any Error>) -> Void
    ) {
        let end = state.withLock { state in
            if state.end == nil { state.calls[id] = Call(complete: complete, bytes: bytes, isSent: true) }
            return state.end
        }
        if let end { complete(.failure(end)) }
    }

    enum Sent: Sendable {
        case awaited
        /// The call was cancelled while its request was being sent. The caller must now send the cancellation.
        case abandoned
    }

    /// Records that the request has been sent.
    func sent(_ id: Int64) -> Sent {
        state.withLock { state in
            state.calls[id]?.isSent = true
            return state.abandoned.remove(id) == nil ? .awaited : .abandoned
        }
    }

    /// Ends the wait for a reply. Returns true if the request was sent, so that the caller must send a cancellation.
    func abandon(_ id: Int64) -> Bool {
        let call = state.withLock { state in
            let call = state.calls.removeValue(forKey: id)
            if let call, !call.isSent { state.abandoned.insert(id) }
            return call
        }
        call?.complete(.failure(CancellationError()))
        return call?.isSent ?? false
    }

    /// Processes one message from the daemon. Returns an error if it ends the connection, else `nil`.
    func take(_ message: JSONValue) -> RPCError? {
        if case .string(let method) = message["method"] {
            guard capacity > 0 else { return nil }
            let consumer = state.withLock { state in
                state.notifications.append(Notification(method: method, params: message["params"] ?? .null))
                defer { state.consumer = nil }
                return state.consumer
            }
            consumer?.resume()
        } else if let id = message["id"]?.integerValue {
            finish(
                id, with: message["error"].map { .failure(RPCError(reply: $0)) } ?? .success(message["result"] ?? .null)
            )
        } else if let error = message["error"] {
            return takeUnaddressed(RPCError(reply: error))
        }
        return nil
    }

    /// Handles an error reply with the id null; see ``UnaddressedError``. Returns the error if it ends the connection.
    private func takeUnaddressed(_ error: RPCError) -> RPCError? {
        let waiting = state.withLock { $0.calls.map { UnaddressedError.Waiting(id: $0.key, bytes: $0.value.bytes) } }
        switch UnaddressedError.meaning(of: error, waiting: waiting) {
        case .connection: return error
        case .call(let id): finish(id, with: .failure(error))
        case .unknown: break
        }
        return nil
    }

    /// Ends the wait for the reply to `id`, if there still is one.
    func finish(_ id: Int64, with result: Result<JSONValue, any Error>) {
        let call = state.withLock { $0.calls.removeValue(forKey: id) }
        call?.complete(result)
    }

    /// Ends every wait with `error`, or with the error of an earlier call. No messages come after this.
    func end(_ error: any Error) {
        let (calls, consumer, reason) = state.withLock { state in
            let reason = state.end ?? error
            state.end = reason
            defer {
                state.calls = [:]
                state.consumer = nil
            }
            return (Array(state.calls.values), state.consumer, reason)
        }
        for call in calls { call.complete(.failure(reason)) }
        consumer?.resume()
    }

    func next() async -> Notification? {
        while !Task.isCancelled {
            let (taken, wasFull, hasEnded) = state.withLock { state -> (Notification?, Bool, Bool) in
                let wasFull = isFull(state)
                let taken = state.notifications.isEmpty ? nil : state.notifications.removeFirst()
                return (taken, wasFull, state.end != nil)
            }
            if let taken {
                if wasFull { onRoom() }
                return taken
            }
            if hasEnded { return nil }
            await untilSomethingComes()
        }
        return nil
    }

    private func isFull(_ state: State) -> Bool {
        capacity > 0 && state.notifications.count >= capacity
    }

    private func untilSomethingComes() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isHere = state.withLock { state in
                    let isHere = !state.notifications.isEmpty || state.end != nil || Task.isCancelled
                    if !isHere { state.consumer = continuation }
                    return isHere
                }
                if isHere { continuation.resume() }
            }
        } onCancel: {
            let consumer = state.withLock { state in
                defer { state.consumer = nil }
                return state.consumer
            }
            consumer?.resume()
        }
    }
}

extension RPCError {
    /// Reads the error object of a reply.
    init(reply: JSONValue) {
        var data = reply["data"]?.objectValue ?? [:]
        let name = data.removeValue(forKey: "code")?.stringValue ?? "unknown"
        let retryable = data.removeValue(forKey: "retryable")?.boolValue ?? false
        let code = RPCErrorCode(reply["code"]?.intValue ?? 0, name, retryable: retryable)
        self.init(code, reply["message"]?.stringValue ?? "the daemon gave no message", data: data)
    }
}
