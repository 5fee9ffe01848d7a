import AuraAPI
import AuraClient
import JSONRPC

/// Shows the events of a watch until its end.
struct Follower: Sendable {
    let watch: Watch
    let events: EventStream
    let view: any WatchView
    let invocation: Invocation

    /// The command that continues this watch later.
    var resumption: String {
        invocation.command(watch.subject.command(after: events.seq, epoch: events.epoch, id: events.instance))
    }

    /// Returns at the end of the watch. Throws a ``Complaint`` if the daemon refuses the watch or the retry budget is
    /// used up.
    func run() async throws -> Outcomes {
        var outcomes = Outcomes()
        do {
            repeat {
                events.resume()
                while let received = try await events.next() {
                    let event = try received.value()
                    outcomes.record(event)
                    await view.show(EventRecord(json: received.json, event: event))
                }
            } while events.reason != .terminal
        } catch let error as RPCError {
            throw Complaint(error, purpose: "watch \(watch.subject.purpose)")
        } catch let error as ClientError {
            throw complaint(error)
        }
        return outcomes
    }

    private func complaint(_ error: ClientError) -> Complaint {
        guard error.code != .invalidReply else { return Complaint(.unreadableAnswer, error.message) }
        return Complaint(
            .connectionLost,
            "cannot go on watching, the daemon was away for \(Int(watch.reconnectSeconds)) s: go on with \(resumption)")
    }
}
