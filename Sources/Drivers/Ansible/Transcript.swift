internal import ChildProcess
internal import DriverKit
internal import JSON
internal import Locking

/// What a run says on its standard output: a JSON object a line, as our callback plugin writes them.
///
/// Lines of any other kind (a warning of Python's, say) are kept as a bounded tail, for when the run dies without a recap.
final class Transcript: Sendable {
    /// What is known at the end.
    struct Outcome: Sendable {
        var summary: ConfigurationSummary?
        /// The task that failed for good last, and its words.
        var failure: String?
        /// Why the machine could not be reached.
        var unreachable: String?
        var noise = Tail()
    }

    private struct State: Sendable {
        var splitter = LineSplitter(limitBytes: 64 << 10)
        var outcome = Outcome()
    }

    private let host: String
    private let state = Locked(State())

    init(host: String) {
        self.host = host
    }

    var outcome: Outcome { state.withLock { $0.outcome } }

    /// Takes a piece of output and returns the events whose lines end in it.
    func take(_ piece: [UInt8]) -> [ConfigurationEvent] {
        state.withLock { state in state.splitter.feed(piece).compactMap { read($0, &state.outcome) } }
    }

    /// Takes what stands after the last line end.
    func finish() -> [ConfigurationEvent] {
        state.withLock { state in
            guard let line = state.splitter.finish(), let event = read(line, &state.outcome) else { return [] }
            return [event]
        }
    }

    private func read(_ line: LineSplitter.Line, _ outcome: inout Outcome) -> ConfigurationEvent? {
        guard case .line(let bytes) = line else { return nil }
        guard let value = try? JSONValue(parsing: bytes), let event = CallbackLine.event(value, host: host) else {
            outcome.noise.append(bytes + [0x0A])
            return nil
        }
        switch event {
        case .recap(let summary): outcome.summary = summary
        case .taskFailed(let name, let message, let isIgnored):
            if CallbackLine.isUnreachable(value) {
                outcome.unreachable = message
            } else if !isIgnored {
                outcome.failure = "task \(name): \(message)"
            }
        case .playStarted, .taskStarted, .taskFinished, .taskRetried, .warning: break
        }
        return event
    }
}
