internal import JSON

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
        case immediate(@Sendable (JSONValue?, RPCContext) throws -> Answer)
        case suspending(@Sendable (JSONValue?, RPCContext) async throws -> Answer)
    }

    let properties: MethodProperties
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
    /// Runs an immediate handler inside the chain of interceptors.
    func outcome(
        of handler: (JSONValue?, RPCContext) throws -> Answer, _ params: JSONValue?, _ context: RPCContext
    ) -> Outcome {
        guard !interceptors.isEmpty else { return handle(context) { try handler(params, context) } }
        var context = context
        let (passed, refusal) = enter(&context)
        let outcome = refusal.map { .failure($0) } ?? handle(context) { try handler(params, context) }
        leave(context, passed, outcome)
        return outcome
    }

    /// Runs a suspending handler inside the chain of interceptors.
    func outcome(
        of handler: @Sendable (JSONValue?, RPCContext) async throws -> Answer, _ params: JSONValue?,
        _ context: RPCContext
    ) async -> Outcome {
        var context = context
        let (passed, refusal) = enter(&context)
        let outcome: Outcome
        if let refusal {
            outcome = .failure(refusal)
        } else {
            do {
                outcome = .success(try await handler(params, context))
            } catch {
                outcome = .failure(rpcError(for: error, in: context))
            }
        }
        leave(context, passed, outcome)
        return outcome
    }

    private func handle(_ context: RPCContext, _ body: () throws -> Answer) -> Outcome {
        do {
            return .success(try body())
        } catch {
            return .failure(rpcError(for: error, in: context))
        }
    }

    /// Calls the interceptors until one refuses. Returns how many were called.
    private func enter(_ context: inout RPCContext) -> (passed: Int, RPCError?) {
        for (index, interceptor) in interceptors.enumerated() {
            do throws(RPCError) {
                try interceptor.willCall(&context)
            } catch {
                return (index + 1, error)
            }
        }
        return (interceptors.count, nil)
    }

    private func leave(_ context: RPCContext, _ passed: Int, _ outcome: Outcome) {
        for interceptor in interceptors.prefix(passed).reversed() { interceptor.didCall(context, outcome.error) }
    }

    /// Returns the error for the client. Only `onInternalError` receives an unknown error.
    private func rpcError(for error: any Error, in call: RPCContext) -> RPCError {
        switch error {
        case let error as RPCError: return error
        case let error as any RPCErrorConvertible: return error.rpcError
        // A cancelled read may throw an error of the store. The connection is closed, so the error is not reported.
        case _ where Task.isCancelled && call.session.isClosed: return .notStarted
        case is CancellationError where call.session.wantsClose:
            return RPCError(.shuttingDown, "cannot finish \(call.method.name), the connection is being closed")
        case is CancellationError:
            return RPCError(.requestCancelled, "cannot finish \(call.method.name), the call was cancelled")
        default:
            onInternalError(InternalError(method: call.method.name, session: call.session, error: error))
            return RPCError(.internalError, "cannot finish \(call.method.name), the daemon failed and its log says why")
        }
    }

    func methodNotFound(_ name: String) -> RPCError {
        let shown = name.utf8.count <= 64 ? name : String(name.prefix(40)) + "…"
        return RPCError(.methodNotFound, "cannot find the method \"\(shown)\", rpc.discover lists all")
    }
}
