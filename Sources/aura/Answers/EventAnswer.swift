import AuraModel
import JSON

/// An entry of the ledger, as far as it is shown.
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
    /// Whether the event is of this type. The set is open: a newer daemon has types that this program does not know.
    func isA(_ known: EventType) -> Bool {
        type == known.rawValue
    }

    /// How the event's job ended, where the event says so.
    var ending: JobState? {
        if isA(.jobSucceeded) { return .succeeded }
        if isA(.jobFailed) { return .failed }
        return isA(.jobCancelled) ? .cancelled : nil
    }

    /// One line for a log: `12:00:03  provisioning  server.create  creating cx23 in nbg1`.
    ///
    /// `name` is the instance's, where events of several instances mix.
    func line(name: String? = nil) -> Line {
        var line = Line(TimeText.clock(at), .dim).appending("  ")
        if let name { line.append(name.padded(to: 12) + "  ", .bold) }
        line.append((phase ?? "-").padded(to: 12) + "  ")
        if let step { line.append(step + "  ", .busy) }
        line.append(words, look)
        return line
    }

    /// The event's message without the step's name, which stands before it; its type where nothing is left to say.
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
