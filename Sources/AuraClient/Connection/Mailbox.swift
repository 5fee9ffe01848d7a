internal import JSON
internal import JSONRPC
internal import Locking

/// What a client waits for: replies by id, and notifications.
final class Mailbox: Sendable {
    private struct State: Sendable {
        var lastID: Int64 = 0
        var calls: [Int64: CheckedContinuation<JSONValue, any Error>] = [:]
        var notifications: [Notification] = []
        var consumer: CheckedContinuation<Void, Never>?
        /// Why nothing comes any more.
        var end: (any Error)?
        /// What the daemon said without being asked before it closed: a limit on connections, for instance.
        var refusal: RPCError?
    }

    private let state = Locked(State())
    private let capacity: Int
    private let onRoom: @Sendable () -> Void

    /// Keeps `capacity` notifications until they are taken; with 0 they are thrown away. `onRoom` is called from any thread
    /// when a full mailbox has room again.
    init(capacity: Int, onRoom: @escaping @Sendable () -> Void) {
        self.capacity = capacity
        self.onRoom = onRoom
    }

    var isFull: Bool { state.withLock { isFull($0) } }

    /// Why nothing comes any more; nil while it does.
    var failure: (any Error)? { state.withLock { $0.end } }

    func newID() -> Int64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// Waits for the reply to `id`; `send` runs once the wait has begun.
    func reply(to id: Int64, send: () -> Void) async throws -> JSONValue {
        try await withCheckedThrowingContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.calls[id] = continuation }
                return state.end
            }
            if let end { continuation.resume(throwing: end) } else { send() }
        }
    }

    /// Ends the wait for a reply; answers whether there was one.
    func abandon(_ id: Int64) -> Bool {
        let call = state.withLock { $0.calls.removeValue(forKey: id) }
        call?.resume(throwing: CancellationError())
        return call != nil
    }

    /// Takes one message of the daemon.
    func take(_ message: JSONValue) {
        if case .string(let method) = message["method"] {
            guard capacity > 0 else { return }
            let consumer = state.withLock { state in
                state.notifications.append(Notification(method: method, params: message["params"] ?? .null))
                defer { state.consumer = nil }
                return state.consumer
            }
            consumer?.resume()
        } else if let id = message["id"]?.integerValue {
            let call = state.withLock { $0.calls.removeValue(forKey: id) }
            if let error = message["error"] {
                call?.resume(throwing: RPCError(reply: error))
            } else {
                call?.resume(returning: message["result"] ?? .null)
            }
        } else if let error = message["error"] {
            state.withLock { $0.refusal = RPCError(reply: error) }
        }
    }

    /// Says that nothing comes any more.
    func end(_ error: any Error) {
        let (calls, consumer, reason) = state.withLock { state in
            let reason = state.end ?? state.refusal ?? error
            state.end = reason
            defer {
                state.calls = [:]
                state.consumer = nil
            }
            return (Array(state.calls.values), state.consumer, reason)
        }
        for call in calls { call.resume(throwing: reason) }
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
    /// An error as the daemon sent it.
    init(reply: JSONValue) {
        var data = reply["data"]?.objectValue ?? [:]
        let name = data.removeValue(forKey: "code")?.stringValue ?? "unknown"
        let retryable = data.removeValue(forKey: "retryable")?.boolValue ?? false
        let code = RPCErrorCode(reply["code"]?.intValue ?? 0, name, retryable: retryable)
        self.init(code, reply["message"]?.stringValue ?? "the daemon gave no message", data: data)
    }
}
