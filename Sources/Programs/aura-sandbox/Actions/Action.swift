import FoundationEssentials
import JSON

/// One of Hetzner's asynchronous actions.
struct Action: Sendable {
    /// The operation of an action, with Hetzner's names.
    enum Command: String, Sendable {
        case createServer = "create_server"
        case startServer = "start_server"
        case stopServer = "stop_server"
        case shutdownServer = "shutdown_server"
        case rebootServer = "reboot_server"
        case resetServer = "reset_server"
        case deleteServer = "delete_server"
        case changeProtection = "change_protection"
        case applyFirewall = "apply_firewall"
        case removeFirewall = "remove_firewall"
        case setFirewallRules = "set_firewall_rules"
    }

    /// `running` goes to `success` or `error`, which are final.
    enum Status: String, Sendable {
        case running, success, error
    }

    /// The reason why an action failed.
    struct Failure: Sendable {
        var code: String
        var message: String
    }

    let id: Int64
    let command: Command
    var status = Status.running
    let started: Date
    /// The time at which work on the action begins. A follow-up action waits for the action before it.
    var begins: Date?
    /// The planned end.
    var ends: Date?
    var finished: Date?
    let resources: [(type: String, id: Int64)]
    /// The server that is locked while this action runs.
    var server: Int64?
    /// The action that begins when this action has succeeded, and that fails if this action fails.
    var follower: Int64?
    /// The status that the server returns to if this action fails.
    var fallback: Server.Status?
    /// The error that this action will end with.
    var failure: Failure?
    /// The time that the action takes beyond its planned duration, in real seconds.
    var extraSeconds = 0.0
    /// True if the action never ends by itself.
    var isStuck = false
    /// True while a real machine must still report before this action may end.
    var awaitsHost = false
    /// True once the planned time is over, even if the action still waits for a machine.
    var isOverdue = false

    /// Returns the progress in percent: 0, 25, 50 or 75 while the action runs, and 100 at its end.
    func progress(at now: Date) -> Int64 {
        guard status == .running else { return 100 }
        guard let begins, let ends, now > begins else { return 0 }
        guard ends > begins else { return 75 }
        return min(75, Int64(now.timeIntervalSince(begins) / ends.timeIntervalSince(begins) * 4) * 25)
    }

    /// The JSON of this action in a response.
    func json(at now: Date) -> JSONValue {
        let failed = status == .error ? failure : nil
        return [
            "id": .integer(id), "command": .string(command.rawValue), "status": .string(status.rawValue),
            "progress": .integer(progress(at: now)), "started": .time(started), "finished": .time(finished),
            "resources": .array(resources.map { ["id": .integer($0.id), "type": .string($0.type)] }),
            "error": failed.map { ["code": .string($0.code), "message": .string($0.message)] } ?? .null,
        ]
    }
}
