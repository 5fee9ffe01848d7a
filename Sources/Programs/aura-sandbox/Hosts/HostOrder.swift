/// An order from the simulated cloud to one real machine. The cloud queues its orders in the sequence of its decisions.
///
/// ``Hosts`` carries an order out without holding the cloud's lock. It reports the result to the cloud's action that
/// waits for the order, if there is one.
enum HostOrder: Sendable {
    /// Create the machine without power.
    case create(Server, action: Int64)
    /// Switch the machine on; `action` is `nil` if no action waits.
    case start(server: Int64, action: Int64?)
    /// Cut the machine's power at once.
    case stop(server: Int64, action: Int64)
    /// Press the power button. The order does not wait for the shutdown.
    case signalShutdown(server: Int64, action: Int64)
    /// Switch the machine off and on. The guest has `graceSeconds` to shut down before its power is cut.
    case restart(server: Int64, graceSeconds: Int, action: Int64)
    /// Remove the machine with its disk; `action` is `nil` if no action waits.
    case remove(server: Int64, action: Int64?)
    /// Stop the machine without the cloud's knowledge.
    case crash(server: Int64)

    /// The machine that the order is for. Its orders are carried out in sequence.
    var server: Int64 {
        switch self {
        case .create(let server, _): server.id
        case .start(let server, _), .stop(let server, _), .signalShutdown(let server, _), .restart(let server, _, _),
            .remove(let server, _), .crash(let server):
            server
        }
    }

    /// The action that waits for the order.
    var action: Int64? {
        switch self {
        case .create(_, let action), .stop(_, let action), .signalShutdown(_, let action), .restart(_, _, let action):
            action
        case .start(_, let action), .remove(_, let action): action
        case .crash: nil
        }
    }
}
