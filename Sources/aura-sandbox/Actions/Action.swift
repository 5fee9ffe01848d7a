/// One of Hetzner's asynchronous actions.
struct Action: Sendable {
    /// What an action does, in Hetzner's words.
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

    /// Why an action failed.
    struct Failure: Sendable {
        var code: String
        var message: String
    }

    let id: Int64
    let command: Command
    var status = Status.running
    let started: Instant
    /// When work on it begins; a follow-up waits for the action before it.
    var begins: Instant?
    /// When it is planned to end.
    var ends: Instant?
    var finished: Instant?
    let resources: [(type: String, id: Int64)]
    /// The server that is locked while this runs.
    var server: Int64?
    /// Begins when this one has succeeded, and fails with it.
    var follower: Int64?
    /// The status that the server falls back to when this fails.
    var fallback: Server.Status?
    /// It will end with this error.
    var failure: Failure?
    /// Takes this much longer than planned, in real seconds.
    var extraSeconds = 0.0
    /// It never ends by itself.
    var isStuck = false
    /// A real machine has to report before this may end.
    var awaitsHost = false
    /// The planned time is over, whatever is still awaited.
    var isOverdue = false

    /// 0, 25, 50, 75 while it runs and 100 at its end.
    func progress(at now: Instant) -> Int64 {
        guard status == .running else { return 100 }
        guard let begins, let ends, now > begins else { return 0 }
        guard ends > begins else { return 75 }
        return min(75, Int64((now - begins) / (ends - begins) * 4) * 25)
    }

    /// The answer's text.
    func json(at now: Instant) -> JSONValue {
        let failed = status == .error ? failure : nil
        return [
            "id": .int(id), "command": .string(command.rawValue), "status": .string(status.rawValue),
            "progress": .int(progress(at: now)), "started": .time(started), "finished": .time(finished),
            "resources": .array(resources.map { ["id": .int($0.id), "type": .string($0.type)] }),
            "error": failed.map { ["code": .string($0.code), "message": .string($0.message)] } ?? .null,
        ]
    }
}
