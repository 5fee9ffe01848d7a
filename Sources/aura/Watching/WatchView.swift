import AuraModel
import JSON

/// An event as it came and as it was read.
struct EventRecord: Sendable, Hashable {
    var raw: JSONValue
    var event: EventAnswer
}

/// Shows a watch. Calls come in order, except ``tick()``, which may come at any time.
protocol WatchView: Sendable {
    /// Takes the next event.
    func show(_ record: EventRecord) async

    /// The connection is lost and will be tried until `deadline`; nil: it is there again.
    func connectionLost(until deadline: Timestamp?)

    /// A tenth of a second has passed.
    func tick()

    /// The program is about to be stopped by ^Z, or the watch is over: nothing is drawn any more.
    func giveTerminalBack()

    /// The program goes on after ^Z.
    func takeTerminal()
}

/// One document an event, as it came.
struct DocumentView: WatchView {
    let output: Output

    func show(_ record: EventRecord) {
        output.document(record.raw)
    }

    func connectionLost(until deadline: Timestamp?) {}

    func tick() {}

    func giveTerminalBack() {}

    func takeTerminal() {}
}

/// Nothing but losses of the connection, for a wait.
struct QuietView: WatchView {
    let output: Output
    let time: any TimeSource

    func show(_ record: EventRecord) {}

    func connectionLost(until deadline: Timestamp?) {
        if let deadline {
            let left = TimeText.countdown(deadline - time.now())
            output.note("the connection to the daemon is lost, trying again for \(left)")
        } else {
            output.note("connected again")
        }
    }

    func tick() {}

    func giveTerminalBack() {}

    func takeTerminal() {}
}

/// One line an event.
struct LineView: WatchView {
    let output: Output
    let time: any TimeSource
    /// Tells instances apart where several are watched.
    let lookups: Lookups?

    func show(_ record: EventRecord) async {
        var name: String?
        if let lookups, let instance = record.event.instance { name = await lookups.name(of: instance) }
        output.line(record.event.line(name: name))
    }

    func connectionLost(until deadline: Timestamp?) {
        QuietView(output: output, time: time).connectionLost(until: deadline)
    }

    func tick() {}

    func giveTerminalBack() {}

    func takeTerminal() {}
}
