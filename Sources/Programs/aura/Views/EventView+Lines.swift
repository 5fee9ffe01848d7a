import AuraAPI
import AuraModel

extension EventView {
    /// The final state of the event's job, or `nil` if the event does not end a job.
    var ending: JobState? {
        switch type {
        case .jobSucceeded: .succeeded
        case .jobFailed: .failed
        case .jobCancelled: .cancelled
        default: nil
        }
    }

    /// Returns one line for a log: `12:00:03  provisioning  server.create  creating cx23 in nbg1`.
    ///
    /// `name` is the instance's name, for output with events of several instances.
    func line(name: String? = nil) -> Line {
        var line = Line(TimeText.clock(at), .dim).appending("  ")
        if let name { line.append(name.padded(to: 12) + "  ", .bold) }
        line.append((phase?.rawValue ?? "-").padded(to: 12) + "  ")
        if let step { line.append(step + "  ", .busy) }
        line.append(words, look)
        return line
    }

    /// The event's message without the step's name at its start, or the last part of the event's type if nothing
    /// remains.
    private var words: String {
        let bare = String(type.rawValue.split(separator: ".").last ?? "")
        guard let step, message.hasPrefix(step) else { return message.isEmpty ? bare : message }
        let rest = message.dropFirst(step.count)
        if rest.isEmpty { return bare }
        if rest.hasPrefix(": ") { return String(rest.dropFirst(2)) }
        return rest.hasPrefix(" ") ? String(rest.dropFirst()) : message
    }

    private var look: Look {
        switch type {
        case .jobSucceeded: .good
        case .jobFailed, .jobCancelled, .jobParked, .alertRaised, .instanceLost, .stepFailed, .stepUndoFailed,
            .taskFailed:
            .bad
        default: .plain
        }
    }
}
