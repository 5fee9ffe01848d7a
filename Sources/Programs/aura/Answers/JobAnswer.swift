import AuraModel

/// A job, with the fields that the program shows.
struct JobAnswer: Sendable, Hashable, Decodable {
    var id: String
    var kind: String
    var instance: String
    var tenant: String
    var change: String
    var state: String
    var attempt: Int
    var waitingFor: String?
    var availableAt: Timestamp?
    var failure: FailureAnswer?
    var createdAt: Timestamp
    var startedAt: Timestamp?
    var finishedAt: Timestamp?
    var deadline: Timestamp
    var steps: [StepAnswer]?
}

/// A step of a job, with the fields that the program shows.
struct StepAnswer: Sendable, Hashable, Decodable {
    var name: String
    var state: String
    var phase: String
    var expectedSeconds: Double
    var attempt: Int
    var externalId: String?
    var startedAt: Timestamp?
    var finishedAt: Timestamp?
}

extension JobAnswer {
    var isEnded: Bool {
        JobState(rawValue: state)?.isTerminal ?? (finishedAt != nil)
    }

    /// Returns the table of `aura job list`. `names` are the instances' names by id.
    static func table(_ jobs: [JobAnswer], names: [String: String], now: Timestamp) -> Table {
        var table = Table(["JOB", "KIND", "INSTANCE", "STATE", "AGE", "TOOK", "NOTE"])
        table.rows = jobs.map { job in
            [
                job.id, job.kind, names[job.instance] ?? job.instance, job.state, TimeText.age(now - job.createdAt),
                job.finishedAt.map { TimeText.stopwatch($0 - job.createdAt) } ?? "",
                job.failure?.message ?? job.waitingFor.map { "waits \($0)" } ?? "",
            ]
        }
        return table
    }

    /// Returns the card of `aura job show`, which is also the lower half of the output of `aura show`.
    func card(now: Timestamp, style: Style) -> [Line] {
        var card = Card()
        card.add("id", id)
        card.add("instance", instance)
        card.add("created", InstanceAnswer.moment(createdAt, now: now))
        card.add("took", finishedAt.map { TimeText.stopwatch($0 - createdAt) })
        card.add("attempt", attempt > 0 && !isEnded ? "\(attempt) failed in a row" : nil)
        card.add("waits", waitingFor)
        card.add("until", waitingFor == nil ? nil : availableAt.map { TimeText.date($0) })
        card.add("deadline", isEnded ? nil : TimeText.date(deadline))
        card.add("change", change)
        card.add("failure", failure?.text)
        let title = Line("job \(kind)", .bold).appending("  ").appending(state, look)
        return [title] + card.lines() + ProgressState(job: self, title: "").stepLines(now: now, style: style)
    }

    private var look: Look {
        switch state {
        case "succeeded": .good
        case "failed", "cancelled", "compensating": .bad
        default: .busy
        }
    }
}
