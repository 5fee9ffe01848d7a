internal import ChildProcess
internal import DriverKit

/// What is known of a run so far, from the lines that it wrote. A line in, what to report out.
struct PlaybookProgress {
    /// The machine's name in the inventory (``ConfigurationRun/inventoryHost``).
    private let host: String
    private let redactor: Redactor
    private var splitter = LineSplitter(limitBytes: Self.lineLimitBytes)
    private var foreign = Tail(limitBytes: 4 << 10)

    /// How the machine fared, once the run said so.
    private(set) var summary: ConfigurationSummary?
    /// Whether the run came to its recap, with this machine in it or not.
    private(set) var hasRecap = false
    /// The last task that failed and was not ignored: "task NAME: MESSAGE".
    private(set) var failure: String?
    private(set) var failureCause = FailureCause.unknown
    /// Why the run ended without a recap, if it could still say so.
    private(set) var broken: (message: String, cause: FailureCause)?
    /// Whether a play began, so that the playbooks themselves are readable.
    private(set) var hasBegun = false
    private(set) var unreachable: String?
    private(set) var task: String?

    /// The callback cuts its lines at 16 KiB.
    static let lineLimitBytes = 64 << 10

    init(host: String, redactor: Redactor) {
        self.host = host
        self.redactor = redactor
    }

    /// The last lines that were no event, for messages.
    var words: String { redactor.clean(foreign.lastLines()) }

    /// Takes a piece of the output and returns what to report, in order.
    mutating func take(_ bytes: [UInt8]) -> [ConfigurationEvent] {
        splitter.feed(bytes).compactMap { take($0) }
    }

    /// The output is at its end.
    mutating func finish() -> [ConfigurationEvent] {
        splitter.finish().flatMap { take($0) }.map { [$0] } ?? []
    }

    private mutating func take(_ line: LineSplitter.Line) -> ConfigurationEvent? {
        switch line {
        case .tooLong(let bytes):
            foreign.append(Array("(a line of \(bytes) bytes was dropped)\n".utf8))
            return nil
        case .line(let bytes):
            let meaning = PlaybookLine(bytes, redactor: redactor)
            if case .foreign = meaning { foreign.append(bytes + [0x0A]) }
            return note(meaning)
        }
    }

    private mutating func note(_ line: PlaybookLine) -> ConfigurationEvent? {
        switch line {
        case .silent, .foreign: return nil
        case .unreachable(let name, let message):
            unreachable = message
            return .taskFailed(name: name, message: message, isIgnored: false)
        case .failed(let name, let message, let cause):
            failure = "task \(name): \(message)"
            failureCause = cause
            return .taskFailed(name: name, message: message, isIgnored: false)
        case .broken(let message, let cause):
            broken = (message, cause)
            return nil
        case .recap(let hosts):
            hasRecap = true
            summary = hosts[host]
            return summary.map(ConfigurationEvent.recap)
        case .event(let event): return note(event)
        }
    }

    private mutating func note(_ event: ConfigurationEvent) -> ConfigurationEvent {
        switch event {
        case .taskStarted(let name, _):
            task = name
            return event
        case .playStarted:
            hasBegun = true
            return event
        case .taskFailed, .warning, .taskFinished, .taskRetried, .recap: return event
        }
    }
}
