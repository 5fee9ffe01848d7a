import AuraModel
import JSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs a watch for a command: the events, the redraws and the signals together.
struct WatchRun: Sendable {
    /// Ten redraws per second: the spinner turns smoothly, and a slow terminal connection is not flooded.
    static let redrawEvery = Duration.milliseconds(100)

    let follower: Follower
    let view: any WatchView
    let output: Output
    let time: any TimeSource

    /// Runs until the end of the watch. Throws a ``Complaint`` at ^C or SIGTERM, if the daemon refuses the watch, or if
    /// the retry budget is used up.
    func run() async throws -> Outcomes {
        let signals = await Signals.taking(output.isLive ? [SIGINT, SIGTERM, SIGTSTP] : [SIGINT, SIGTERM])
        do {
            let outcomes = try await follow(signals)
            view.giveTerminalBack()
            return outcomes
        } catch {
            view.giveTerminalBack()
            throw error
        }
    }

    private func follow(_ signals: Signals) async throws -> Outcomes {
        try await withThrowingTaskGroup(of: Outcomes?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await follower.run() }
            group.addTask { try await answer(signals) }
            group.addTask { try await output.endWithReader(time) }
            if output.isLive { group.addTask { try await redraw() } }
            while let ended = try await group.next() {
                if let outcomes = ended { return outcomes }
            }
            throw CancellationError()
        }
    }

    private func redraw() async throws -> Outcomes? {
        while true {
            view.tick()
            try await time.sleep(for: Self.redrawEvery)
        }
    }

    private func answer(_ signals: Signals) async throws -> Outcomes? {
        for await signal in signals.arrivals {
            switch signal {
            case SIGINT: throw detached(.interrupted)
            case SIGTERM: throw detached(.terminated)
            default:
                view.giveTerminalBack()
                Signals.stop()
                view.takeTerminal()
            }
        }
        return nil
    }

    private func detached(_ kind: Complaint.Kind) -> Complaint {
        let command = follower.resumption
        return Complaint(
            kind, "detached, what was begun goes on; follow it again with: \(command)",
            data: ["resume": .string(command)])
    }
}
