internal import JSON

/// One call as its handler sees it.
public struct Call: Sendable {
    /// The connection it came on.
    public let session: Session
    /// The method's name.
    public let method: String
    /// The caller's id, or nil for a notification, whose result nobody gets.
    public let id: RPCID?
}

/// How a call ends if its connection closes before the reply.
public enum CallEnd: Sendable, Hashable {
    /// The call runs to its end, since it changes something.
    case runs
    /// The call is cancelled: it only reads, and nobody gets the result. A daemon that goes down still answers it.
    case stopsReading
    /// The call is cancelled, also by a daemon that goes down: it only waits.
    case stopsWaiting
}

/// A registered method, its types erased.
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

    /// What one call of it takes of the daemon's budget.
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

    /// What the caller sees of an error; the words of unknown ones go to the hook only.
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
