internal import JSON

/// One call, as its handler sees it.
public struct Call: Sendable {
    /// The connection of the call.
    public let session: Session
    /// The method's name.
    public let method: String
    /// The caller's id, or `nil` for a notification. A notification's result is dropped.
    public let id: RPCID?
}

/// Defines how a call ends if its connection closes before the reply.
public enum CallEnd: Sendable, Hashable {
    /// The call runs to its end, because it changes something.
    case runs
    /// The call is cancelled, because it only reads and its result is not needed. During shutdown it still gets its
    /// reply.
    case stopsReading
    /// The call only waits. It is cancelled when the connection closes and on shutdown of the daemon.
    case stopsWaiting
}

/// A registered method, with its types erased.
struct Method: Sendable {
    enum Body: Sendable {
        case immediate(@Sendable (JSONValue?, Call) throws -> Answer)
        case suspending(@Sendable (JSONValue?, Call) async throws -> Answer)
    }

    let body: Body
    let holdsEvents: Bool
    let onClose: CallEnd
    let followsHolds: Bool

    var mayWait: Bool {
        switch body {
        case .immediate: false
        case .suspending: true
        }
    }

    /// Returns the share of the daemon's budget that one call uses.
    func cost(bytes: Int) -> CallBudget.Cost {
        guard mayWait else { return CallBudget.Cost() }
        return CallBudget.Cost(calls: 1, waits: onClose == .stopsWaiting ? 1 : 0, bytes: bytes)
    }
}

extension Router {
    func outcome(of handler: (JSONValue?, Call) throws -> Answer, _ params: JSONValue?, _ call: Call) -> Outcome {
        do {
            return .success(try handler(params, call))
        } catch {
            return .failure(rpcError(for: error, in: call))
        }
    }

    func outcome(
        of handler: @Sendable (JSONValue?, Call) async throws -> Answer, _ params: JSONValue?, _ call: Call
    ) async -> Outcome {
        do {
            return .success(try await handler(params, call))
        } catch {
            return .failure(rpcError(for: error, in: call))
        }
    }

    /// Returns the error for the client. Only `onInternalError` receives an unknown error.
    private func rpcError(for error: any Error, in call: Call) -> RPCError {
        switch error {
        case let error as RPCError: return error
        case let error as any RPCErrorConvertible: return error.rpcError
        // A cancelled read may throw an error of the store. The connection is closed, so the error is not reported.
        case _ where Task.isCancelled && call.session.isClosed: return .notStarted
        case is CancellationError where call.session.wantsClose:
            return RPCError(.shuttingDown, "cannot finish \(call.method), the connection is being closed")
        case is CancellationError:
            return RPCError(.requestCancelled, "cannot finish \(call.method), the call was cancelled")
        default:
            onInternalError(InternalError(method: call.method, session: call.session, error: error))
            return RPCError(.internalError, "cannot finish \(call.method), the daemon failed and its log says why")
        }
    }

    func methodNotFound(_ name: String) -> RPCError {
        let shown = name.utf8.count <= 64 ? name : String(name.prefix(40)) + "…"
        return RPCError(.methodNotFound, "cannot find the method \"\(shown)\", rpc.discover lists all")
    }
}
