/// A command from the simulated cloud to one real machine. Commands are queued in the order of the calls and events
/// that cause them.
///
/// ``Hosts`` executes a command without holding the cloud's lock. It reports the result to the cloud's action that
/// waits for the command, if there is one.
enum HostCommand: Sendable {
    /// Create the machine without power.
    case create(Server, action: Int64)
    /// Switch the machine on; `action` is `nil` if no action waits.
    case start(server: Int64, action: Int64?)
    /// Cut the machine's power at once.
    case stop(server: Int64, action: Int64)
    /// Press the power button. The command does not wait for the shutdown.
    case signalShutdown(server: Int64, action: Int64)
    /// Switch the machine off and on. The guest has `graceSeconds` to shut down before its power is cut.
    case restart(server: Int64, graceSeconds: Int, action: Int64)
    /// Remove the machine with its disk; `action` is `nil` if no action waits.
    case remove(server: Int64, action: Int64?)
    /// Cut the machine's power for a test; no action waits.
    case crash(server: Int64)

    /// The machine that the command is for. Its commands are executed in sequence.
    var server: Int64 {
        switch self {
        case .create(let server, _): server.id
        case .start(let server, _), .stop(let server, _), .signalShutdown(let server, _), .restart(let server, _, _),
            .remove(let server, _), .crash(let server):
            server
        }
    }

    /// The action that waits for the command.
    var action: Int64? {
        switch self {
        case .create(_, let action), .stop(_, let action), .signalShutdown(_, let action), .restart(_, _, let action):
            action
        case .start(_, let action), .remove(_, let action): action
        case .crash: nil
        }
    }
}

/// Selects the next commands. The commands of one machine run in sequence, and at most `limit` machines work at the
/// same time.
struct CommandQueue: Sendable {
    private var waiting: [HostCommand] = []
    private var busy: Set<Int64> = []
    private let limit: Int

    /// Creates a queue for `limit` concurrent machines.
    init(limit: Int) { self.limit = limit }

    /// Adds new commands.
    mutating func add(_ commands: [HostCommand]) { waiting += commands }

    /// Returns the commands that may start now. The caller must report the end of each with `finish`.
    mutating func next() -> [HostCommand] {
        var begun: [HostCommand] = []
        var passed = busy
        waiting.removeAll { command in
            guard passed.insert(command.server).inserted, busy.count < limit else { return false }
            busy.insert(command.server)
            begun.append(command)
            return true
        }
        return begun
    }

    /// Records the end of a machine's command.
    mutating func finish(_ server: Int64) { busy.remove(server) }
}
