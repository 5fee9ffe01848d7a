import AuraAPI
import AuraModel

extension JobView {
    /// True if the job has ended. A job in a state that this version does not know has ended if it has a finish time.
    var isEnded: Bool {
        state.known?.isTerminal ?? (finishedAt != nil)
    }

    /// Returns the table of `aura job list`. `names` are the instances' names by id.
    static func table(_ jobs: [JobView], names: [InstanceID: String], now: Timestamp) -> Table {
        var table = Table(["JOB", "KIND", "INSTANCE", "STATE", "AGE", "TOOK", "NOTE"])
        table.rows = jobs.map { job in
            [
                job.id.text, job.kind.rawValue, names[job.instance] ?? job.instance.text, job.state.rawValue,
                TimeText.age(now - job.createdAt),
                job.finishedAt.map { TimeText.stopwatch($0 - job.createdAt) } ?? "",
                job.failure?.message ?? job.waitingFor.map { "waits \($0)" } ?? "",
            ]
        }
        return table
    }

    /// Returns the card of `aura job show`, which is also the lower half of the output of `aura show`.
    func card(now: Timestamp, style: Style) -> [Line] {
        var card = Card()
        card.add("id", id.text)
        card.add("instance", instance.text)
        card.add("created", TimeText.moment(createdAt, now: now))
        card.add("took", finishedAt.map { TimeText.stopwatch($0 - createdAt) })
        card.add("attempt", attempt > 0 && !isEnded ? "\(attempt) failed in a row" : nil)
        card.add("waits", waitingFor)
        card.add("until", waitingFor == nil ? nil : availableAt.map { TimeText.date($0) })
        card.add("deadline", isEnded ? nil : TimeText.date(deadline))
        card.add("change", change.text)
        card.add("failure", failure?.text)
        let title = Line("job \(kind)", .bold).appending("  ").appending(state.rawValue, look)
        return [title] + card.lines() + ProgressState(job: self, title: "").stepLines(now: now, style: style)
    }

    private var look: Look {
        switch state {
        case .succeeded: .good
        case .failed, .cancelled, .compensating: .bad
        default: .busy
        }
    }
}
