internal import AuraModel
internal import DriverKit
internal import JSON

/// What the callback says of a failure's cause (the members of its failure events are described in `ansible/README.md`).
enum FailureCause: String, Sendable {
    case transient
    case permanent
    case unknown

    /// Absent, or a word of a newer callback, is not known here.
    init(_ value: JSONValue?) {
        self = value?.stringValue.flatMap(FailureCause.init) ?? .unknown
    }

    var errorClass: ErrorClass {
        switch self {
        case .transient: .transient
        case .permanent: .permanent
        case .unknown: .ambiguous
        }
    }
}

/// One line of the `aura` callback, which writes a JSON object a line.
enum PlaybookLine {
    /// Something to report.
    case event(ConfigurationEvent)
    /// A machine could not be reached, in the task `name`.
    case unreachable(name: String, message: String)
    /// A task failed, and nothing rescued it. `cause` says whether another run on the same machine can succeed.
    case failed(name: String, message: String, cause: FailureCause)
    /// The run ended without a recap, such as by a worker that was killed.
    case broken(message: String, cause: FailureCause)
    /// The end: how each host fared, and what the roles found out.
    case recap(hosts: [String: ConfigurationSummary])
    /// An event that says nothing to the daemon, or one of a newer callback.
    case silent
    /// No JSON object with an event in it.
    case foreign

    init(_ bytes: [UInt8]) {
        guard let value = try? JSONValue(parsing: bytes, limits: JSONLimits(bytes: bytes.count)),
            let event = value["event"]?.stringValue
        else {
            self = .foreign
            return
        }
        self = Self.read(event, value)
    }

    private static func read(_ event: String, _ value: JSONValue) -> PlaybookLine {
        let task = value["task"]?.stringValue ?? "a task without a name"
        let message = PlainText.clean(value["message"]?.stringValue ?? "", limitBytes: 2000)
        switch event {
        case "play.start":
            return .event(
                .playStarted(name: value["play"]?.stringValue ?? "", tasks: max(value["tasks"]?.intValue ?? 0, 0)))
        case "task.start": return .event(.taskStarted(name: task, index: max(value["index"]?.intValue ?? 0, 0)))
        case "task.ok": return .event(finished(task, value["changed"] == true ? .changed : .ok, value))
        case "task.skipped": return .event(finished(task, .skipped, value))
        case "task.failed":
            if value["ignored"] == true { return .event(.taskFailed(name: task, message: message, isIgnored: true)) }
            return .failed(name: task, message: message, cause: FailureCause(value["cause"]))
        case "run.broken": return .broken(message: message, cause: FailureCause(value["cause"]))
        case "task.unreachable": return .unreachable(name: task, message: message)
        case "task.retry":
            let attempt = value["attempt"]?.intValue ?? 0
            return .event(.taskRetried(name: task, attempt: attempt, of: value["retries"]?.intValue ?? 0))
        case "warning": return .event(.warning(message))
        case "recap": return .recap(hosts: summaries(value))
        default: return .silent
        }
    }

    private static func finished(
        _ task: String, _ outcome: ConfigurationEvent.TaskOutcome, _ value: JSONValue
    ) -> ConfigurationEvent {
        .taskFinished(name: task, outcome: outcome, milliseconds: max(value["durationMs"]?.integerValue ?? 0, 0))
    }

    private static func summaries(_ value: JSONValue) -> [String: ConfigurationSummary] {
        let data = value["data"]?.objectValue ?? [:]
        var summaries: [String: ConfigurationSummary] = [:]
        for (host, counts) in value["hosts"]?.objectValue ?? [:] {
            let count = { (name: String) in max(counts[name]?.intValue ?? 0, 0) }
            summaries[host] = ConfigurationSummary(
                ok: count("ok"), changed: count("changed"), unreachable: count("unreachable"), failed: count("failed"),
                skipped: count("skipped"), rescued: count("rescued"), ignored: count("ignored"), data: data)
        }
        return summaries
    }
}
