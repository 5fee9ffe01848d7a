internal import AuraModel
internal import DriverKit
internal import JSON

/// The cause of a failure as the callback reports it (`ansible/README.md` describes the members of its failure events).
enum FailureCause: String, Sendable {
    case transient
    case permanent
    case unknown

    /// Reads the cause. An absent value, or a value of a newer callback, counts as unknown.
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

/// One line of the `aura` callback, which writes one JSON object per line.
enum PlaybookLine {
    /// An event to report.
    case event(ConfigurationEvent)
    /// The machine could not be reached, in the task `name`.
    case unreachable(name: String, message: String)
    /// A task failed, and no rescue section handled it. `cause` determines whether another run on the same machine can
    /// succeed.
    case failed(name: String, message: String, cause: FailureCause)
    /// The run ended without a recap, for example because a worker was killed.
    case broken(message: String, cause: FailureCause)
    /// The end of the run: the counts of each host, and the data that the roles report.
    case recap(hosts: [String: ConfigurationSummary])
    /// An event without a meaning for the daemon, or an event of a newer callback.
    case silent
    /// A line that is not a JSON object with an event.
    case foreign

    /// Reads one line.
    ///
    /// - Parameter redactor: it masks every text of the line before the text is cut.
    init(_ bytes: [UInt8], redactor: Redactor) {
        guard let value = try? JSONValue(parsing: bytes, limits: JSONLimits(bytes: bytes.count)),
            let event = value["event"]?.stringValue
        else {
            self = .foreign
            return
        }
        self = Self.read(event, value, redactor)
    }

    private static func read(_ event: String, _ value: JSONValue, _ redactor: Redactor) -> PlaybookLine {
        let words = { (member: String, limitBytes: Int) in
            value[member]?.stringValue.map { PlainText.clean(redactor.clean($0), limitBytes: limitBytes) }
        }
        let task = words("task", 500) ?? "a task without a name"
        let message = words("message", 2000) ?? ""
        switch event {
        case "play.start":
            return .event(
                .playStarted(name: words("play", 500) ?? "", tasks: max(value["tasks"]?.intValue ?? 0, 0)))
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
        case "recap": return .recap(hosts: summaries(value, redactor))
        default: return .silent
        }
    }

    private static func finished(
        _ task: String, _ outcome: ConfigurationEvent.TaskOutcome, _ value: JSONValue
    ) -> ConfigurationEvent {
        .taskFinished(name: task, outcome: outcome, milliseconds: max(value["durationMs"]?.integerValue ?? 0, 0))
    }

    private static func summaries(_ value: JSONValue, _ redactor: Redactor) -> [String: ConfigurationSummary] {
        let data = clean(.object(value["data"]?.objectValue ?? [:]), redactor).objectValue ?? [:]
        var summaries: [String: ConfigurationSummary] = [:]
        for (host, counts) in value["hosts"]?.objectValue ?? [:] {
            let count = { (name: String) in max(counts[name]?.intValue ?? 0, 0) }
            summaries[host] = ConfigurationSummary(
                ok: count("ok"), changed: count("changed"), unreachable: count("unreachable"), failed: count("failed"),
                skipped: count("skipped"), rescued: count("rescued"), ignored: count("ignored"), data: data)
        }
        return summaries
    }

    /// Returns the roles' data with each text masked and sanitized, because the texts come from the machine.
    private static func clean(_ value: JSONValue, _ redactor: Redactor) -> JSONValue {
        switch value {
        case .null, .bool, .integer, .double: value
        case .string(let text): .string(PlainText.clean(redactor.clean(text), limitBytes: 4000))
        case .array(let members): .array(members.map { clean($0, redactor) })
        case .object(let members): .object(members.mapValues { clean($0, redactor) })
        }
    }
}
