import AuraModel
import JSON

/// An entry of the ledger, with the fields that the program shows.
struct EventAnswer: Sendable, Hashable, Decodable {
    var seq: Int64
    var at: Timestamp
    var type: String
    var instance: String?
    var job: String?
    var phase: String?
    var step: String?
    var progress: Double?
    var message: String
    var data: JSONValue?
}

extension EventAnswer {
    /// Returns true if the event has this type. The set of types is open: a newer daemon may send types that this
    /// program does not know.
    func isA(_ known: EventType) -> Bool {
        type == known.rawValue
    }

    /// The final state of the event's job, or `nil` if the event does not end a job.
    var ending: JobState? {
        if isA(.jobSucceeded) { return .succeeded }
        if isA(.jobFailed) { return .failed }
        return isA(.jobCancelled) ? .cancelled : nil
    }

    /// Returns one line for a log: `12:00:03  provisioning  server.create  creating cx23 in nbg1`.
    ///
    /// `name` is the instance's name, for output with events of several instances.
    func line(name: String? = nil) -> Line {
        var line = Line(TimeText.clock(at), .dim).appending("  ")
        if let name { line.append(name.padded(to: 12) + "  ", .bold) }
        line.append((phase ?? "-").padded(to: 12) + "  ")
        if let step { line.append(step + "  ", .busy) }
        line.append(words, look)
        return line
    }

    /// The event's message without the step's name at its start, or the last part of the event's type if nothing
    /// remains.
    private var words: String {
        let bare = String(type.split(separator: ".").last ?? "")
        guard let step, message.hasPrefix(step) else { return message.isEmpty ? bare : message }
        let rest = message.dropFirst(step.count)
        if rest.isEmpty { return bare }
        if rest.hasPrefix(": ") { return String(rest.dropFirst(2)) }
        return rest.hasPrefix(" ") ? String(rest.dropFirst()) : message
    }

    private var look: Look {
        if isA(.jobSucceeded) { return .good }
        let troubles: [EventType] = [
            .jobFailed, .jobCancelled, .jobParked, .alertRaised, .instanceLost, .stepFailed, .stepUndoFailed,
            .taskFailed,
        ]
        return troubles.contains(where: isA) ? .bad : .plain
    }
}
