import AuraAPI
import AuraModel
import JSON

/// An event as received and as decoded.
struct EventRecord: Sendable, Hashable {
    var json: JSONValue
    var event: EventView
}

/// Shows a watch. Calls come in order, except ``tick()``, which may come at any time.
protocol WatchView: Sendable {
    /// Shows the next event.
    func show(_ record: EventRecord) async

    /// Reports that the connection is lost and will be retried until `deadline`; `nil` reports that it is restored.
    func connectionLost(until deadline: Timestamp?)

    /// Reports that a tenth of a second has passed.
    func tick()

    /// Stops drawing, because ^Z will stop the program or because the watch is over.
    func giveTerminalBack()

    /// Starts drawing again after ^Z.
    func takeTerminal()
}

/// Prints each event unchanged, as one document.
struct DocumentView: WatchView {
    let output: Output

    func show(_ record: EventRecord) {
        output.document(record.json)
    }

    func connectionLost(until deadline: Timestamp?) {}

    func tick() {}

    func giveTerminalBack() {}

    func takeTerminal() {}
}

/// Prints only that the connection is lost or restored.
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

/// Prints one line per event.
struct LineView: WatchView {
    let output: Output
    let time: any TimeSource
    /// Finds the names of instances if several are watched; `nil` otherwise.
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
