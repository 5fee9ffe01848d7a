internal import JSON

/// A call that has passed the interceptors up to the first that refused it.
struct EnteredCall: Sendable {
    var context: RPCContext
    /// The number of interceptors that were called.
    var passed: Int
    var refusal: RPCError?
}

extension Router {
    /// Runs an immediate handler inside the chain of interceptors.
    func outcome(
        of handler: (JSONValue?, RPCContext) throws -> Answer, _ params: JSONValue?, _ context: RPCContext
    ) -> Outcome {
        guard !interceptors.isEmpty || recorder != nil || context.principal.awaitsProof else {
            return handle(context) { try handler(params, context) }
        }
        let call = enter(context, params)
        let context = call.context
        let outcome = call.refusal.map { .failure($0) } ?? handle(context) { try handler(params, context) }
        if let recorder, context.needsEntry(outcome.error) { recorder.enqueue(context, outcome.error) }
        leave(call, outcome)
        return outcome
    }

    /// Runs a handler that need not wait, for a call that has entered the chain of interceptors. Returns `nil` if the
    /// call must go on in a task, to wait for the handler or for its entry in the audit.
    func outcome(
        atOnce handler: (JSONValue?, RPCContext) throws -> Answer?, _ params: JSONValue?, _ call: EnteredCall
    ) -> Outcome? {
        let context = call.context
        let outcome: Outcome
        if let refusal = call.refusal {
            outcome = .failure(refusal)
        } else {
            do {
                guard let answer = try handler(params, context) else { return nil }
                outcome = .success(answer)
            } catch {
                outcome = .failure(rpcError(for: error, in: context))
            }
        }
        if recorder != nil, context.needsEntry(outcome.error) { return nil }
        leave(call, outcome)
        return outcome
    }

    /// Runs a suspending handler for a call that has entered the chain of interceptors.
    func outcome(
        of handler: @Sendable (JSONValue?, RPCContext) async throws -> Answer, _ params: JSONValue?,
        _ call: EnteredCall
    ) async -> Outcome {
        let context = call.context
        var outcome: Outcome
        if let refusal = call.refusal {
            outcome = .failure(refusal)
        } else {
            do {
                outcome = .success(try await handler(params, context))
            } catch {
                outcome = .failure(rpcError(for: error, in: context))
            }
        }
        if let recorder, context.needsEntry(outcome.error) {
            do throws(RPCError) {
                try await recorder.record(context, outcome.error)
            } catch {
                outcome = .failure(error)
            }
        }
        leave(call, outcome)
        return outcome
    }

    /// Calls the interceptors until one refuses. A call that needs a proof is refused before the first interceptor.
    func enter(_ context: RPCContext, _ params: JSONValue?) -> EnteredCall {
        var call = EnteredCall(context: begin(context, params), passed: interceptors.count)
        if context.principal.awaitsProof, let authenticator,
            !authenticator.methodsBeforeProof.contains(context.method.name)
        {
            call.passed = 0
            call.refusal = .withoutProof
            return call
        }
        for (index, interceptor) in interceptors.enumerated() {
            do throws(RPCError) {
                try interceptor.willCall(&call.context)
            } catch {
                call.passed = index + 1
                call.refusal = error
                return call
            }
        }
        return call
    }

    /// Tells the interceptors that were called how the call ended, in reverse order.
    func leave(_ call: EnteredCall, _ outcome: Outcome) {
        for interceptor in interceptors.prefix(call.passed).reversed() {
            interceptor.didCall(call.context, outcome.error)
        }
    }

    /// Returns the context with the parameters, and with the slip of a call that may change something.
    private func begin(_ context: RPCContext, _ params: JSONValue?) -> RPCContext {
        var context = context
        context.parameters = params
        guard let recorder else { return context }
        if context.method.mutates { context.audit = recorder.begin(context) }
        return context
    }

    private func handle(_ context: RPCContext, _ body: () throws -> Answer) -> Outcome {
        do {
            return .success(try body())
        } catch {
            return .failure(rpcError(for: error, in: context))
        }
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
