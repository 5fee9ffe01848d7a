internal import DriverKit
internal import JSON

/// The lines of `ansible/plugins/callback/aura.py`.
enum CallbackLine {
    static func isUnreachable(_ line: JSONValue) -> Bool {
        line["event"] == "task.unreachable"
    }

    /// The event that a line reports; none for lines that nobody acts on, or of another kind.
    static func event(_ line: JSONValue, host: String) -> ConfigurationEvent? {
        let task = text(line, "task")
        switch line["event"]?.stringValue {
        case "play.start": return .playStarted(name: text(line, "play"), tasks: number(line, "tasks"))
        case "task.start": return .taskStarted(name: task, index: number(line, "index"))
        case "task.ok": return finished(line, task, line["changed"] == true ? .changed : .ok)
        case "task.skipped": return finished(line, task, .skipped)
        case "task.failed", "task.unreachable":
            return .taskFailed(name: task, message: text(line, "message"), isIgnored: line["ignored"] == true)
        case "task.retry":
            return .taskRetried(name: task, attempt: number(line, "attempt"), of: number(line, "retries"))
        case "warning": return .warning(text(line, "message"))
        case "recap": return .recap(summary(line, host))
        default: return nil
        }
    }

    private static func finished(
        _ line: JSONValue, _ task: String, _ outcome: ConfigurationEvent.TaskOutcome
    ) -> ConfigurationEvent {
        .taskFinished(name: task, outcome: outcome, milliseconds: line["durationMs"]?.integerValue ?? 0)
    }

    private static func summary(_ line: JSONValue, _ host: String) -> ConfigurationSummary {
        let counts = line["hosts"]?[host] ?? .null
        return ConfigurationSummary(
            ok: number(counts, "ok"), changed: number(counts, "changed"), unreachable: number(counts, "unreachable"),
            failed: number(counts, "failed"), skipped: number(counts, "skipped"), rescued: number(counts, "rescued"),
            ignored: number(counts, "ignored"), data: line["data"]?.objectValue ?? [:])
    }

    private static func text(_ line: JSONValue, _ name: String) -> String {
        line[name]?.stringValue ?? ""
    }

    private static func number(_ line: JSONValue, _ name: String) -> Int {
        line[name]?.intValue ?? 0
    }
}
