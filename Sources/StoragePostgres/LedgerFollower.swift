import AuraModel
import Glibc
import Locking
import Logging
import Storage

/// Hands every daemon's events to the one observer: in order, without a gap, each once.
///
/// This daemon's own commits come directly where they follow on what was delivered; the others are read from the ledger. A
/// notification only says that there is something to read, and a look every second stands in for those that get lost.
final class LedgerFollower: Sendable {
    typealias Observer = @Sendable ([Event]) -> Void

    private struct State: Sendable {
        var observer: Observer?
        /// The `seq` of the last event that the observer has.
        var delivered: Int64
        /// Own commits that came before one that precedes them, by their first `seq`.
        var early: [Int64: [Event]] = [:]
    }

    private let thread: ConnectionThread
    private let state: Locked<State>
    private let ended = Locked(false)
    private let logger: Logger

    private static let page = 1000
    /// More commits than this are read from the ledger again instead.
    private static let earlyLimit = 64
    private static let look = Duration.seconds(1)

    /// - Parameter head: the last event before those that the observer gets.
    init(_ settings: PostgresSettings, head: Int64, logger: Logger) {
        thread = ConnectionThread(settings.listening, label: "listener")
        state = Locked(State(delivered: head))
        self.logger = logger
    }

    func observe(_ observer: @escaping Observer) {
        let isFirst = state.withLock { state in
            defer { state.observer = observer }
            return state.observer == nil
        }
        if isFirst { thread.async { self.follow() } }
    }

    func close() {
        ended.withLock { $0 = true }
        thread.close()
    }

    /// Takes the events of a commit of this daemon.
    ///
    /// What the observer has already is left out, and what does not follow on it is left to the reader.
    func deliver(_ events: [Event]) {
        state.withLock { state in
            guard let observer = state.observer else { return }
            var next: [Event]? = events
            while let present = next {
                let new = present.drop { $0.seq <= state.delivered }
                guard let first = new.first, let last = new.last else { return }
                guard first.seq == state.delivered + 1 else {
                    if state.early.count < Self.earlyLimit { state.early[first.seq] = Array(new) }
                    return
                }
                state.delivered = last.seq
                observer(Array(new))
                state.early = state.early.filter { $0.key > last.seq }
                next = state.early.removeValue(forKey: last.seq + 1)
            }
        }
    }

    /// Goes on behind events that were pruned before this daemon had read them: after a stand-still of months.
    private func skip(to floor: Int64) {
        let missed = state.withLock { state in
            defer { state.delivered = max(state.delivered, floor) }
            return floor - state.delivered
        }
        if missed > 0 { logger.warning("\(missed) events were pruned before they could be followed") }
    }

    /// Continues behind numbers that the ledger leaves out; something else deleted their events.
    ///
    /// The counter's row is locked until a commit, so that no event with such a number can still come.
    private func passGap(before first: Int64, after read: Int64) {
        let skipped = state.withLock { state -> Int64 in
            guard state.delivered == read, first > read + 1 else { return 0 }
            state.delivered = first - 1
            return first - 1 - read
        }
        if skipped > 0 { logger.error("the ledger leaves out \(skipped) numbers before \(first)") }
    }

    /// The listening thread's life. Its connection has a session of its own, even where others go through a pooler.
    private func follow() {
        var isListening = false
        while !ended.withLock({ $0 }) {
            do {
                try thread.perform { connection in
                    if !isListening { try connection.script("LISTEN aura") }
                    isListening = true
                    try readOn(connection)
                    _ = try connection.listen(atMost: Self.look)
                }
            } catch {
                isListening = false
                logger.warning("cannot follow the ledger, trying again: \(error)")
                usleep(500_000)
            }
        }
    }

    private func readOn(_ connection: PostgresConnection) throws {
        while true {
            skip(to: try connection.run("SELECT floor FROM event_head WHERE one = 1").first?.number("floor") ?? 0)
            let after = state.withLock { $0.delivered }
            let rows = try connection.run(
                "SELECT * FROM event WHERE seq > $1 ORDER BY seq LIMIT $2",
                [PostgresValue(after), PostgresValue(Self.page)])
            let events = try rows.all.map { try $0.event() }
            passGap(before: events.first?.seq ?? after, after: after)
            deliver(events)
            if rows.count < Self.page { return }
        }
    }
}
