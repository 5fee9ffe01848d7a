/// What a real machine is told, in the order in which the cloud decided it. The sandbox's hosts carry orders out
/// outside the cloud's lock and report back to the action that waits.
enum HostOrder: Sendable {
    /// Make the machine, without power.
    case create(Server, action: Int64)
    /// Switch it on; `action` is nil when nobody waits.
    case start(server: Int64, action: Int64?)
    /// Switch it off; the guest gets no time.
    case stop(server: Int64, action: Int64)
    /// Press the power button and do not wait.
    case signalShutdown(server: Int64, action: Int64)
    /// Switch it off and on; the guest gets `graceSeconds`.
    case restart(server: Int64, graceSeconds: Int, action: Int64)
    /// Remove it with its disk; `action` is nil when nobody waits.
    case remove(server: Int64, action: Int64?)
    /// Kill it behind the cloud's back.
    case crash(server: Int64)

    /// The machine that is meant; its orders are carried out one after the other.
    var server: Int64 {
        switch self {
        case .create(let server, _): server.id
        case .start(let server, _), .stop(let server, _), .signalShutdown(let server, _), .restart(let server, _, _),
            .remove(let server, _), .crash(let server):
            server
        }
    }

    /// The action that waits for it.
    var action: Int64? {
        switch self {
        case .create(_, let action), .stop(_, let action), .signalShutdown(_, let action), .restart(_, _, let action):
            action
        case .start(_, let action), .remove(_, let action): action
        case .crash: nil
        }
    }
}
