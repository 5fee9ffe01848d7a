import JSONRPC
import Logging

/// Logs each call that reaches a method, with its caller and its outcome, at the level `debug`.
///
/// Calls with a precomputed reply, such as `system.ping`, are not logged.
struct CallLog: Interceptor {
    let logger: Logger
    let coversConstants = false

    func didCall(_ context: RPCContext, _ error: RPCError?) {
        logger.debug(
            "call",
            metadata: [
                "method": "\(context.method.name)", "principal": "\(context.principal)",
                "peer": "\(context.session.peer)", "outcome": "\(error?.code.name ?? "ok")",
            ])
    }
}
