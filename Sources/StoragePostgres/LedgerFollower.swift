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
        var epoch: String
        /// Connections that were made; so that each may name an epoch.
        var connections = 0
        /// The ledger's head, if it was found to be lower than the last delivered `seq`: the database was restored.
        var lostHead: Int64?
        /// The `seq` of the last event that the observer has.
        var delivered: Int64
        /// Own commits that came before one that precedes them, by their first `seq`.
        var early: [Int64: [Event]] = [:]
    }

    private let thread: ConnectionThread
    private let state: Locked<State>
    private let ended = Locked(false)
    private let logger: Logger
    private let newEpoch: String

    private static let page = 1000
    /// More commits than this are read from the ledger again instead.
    private static let earlyLimit = 64
    private static let look = Duration.seconds(1)

    /// - Parameters:
    ///   - head: the last event before those that the observer gets.
    ///   - newEpoch: what names of further epochs begin with.
    init(_ settings: PostgresSettings, head: Int64, epoch: String, newEpoch: String, logger: Logger) {
        thread = ConnectionThread(settings.listening, label: "listener")
        state = Locked(State(epoch: epoch, delivered: head))
        self.logger = logger
        self.newEpoch = newEpoch
    }

    var epoch: String { state.withLock { $0.epoch } }

    /// Throws if the database lost events that this daemon delivered.
    func checkIdentity() throws {
        let (delivered, lost) = state.withLock { ($0.delivered, $0.lostHead) }
        guard let lost else { return }
        throw StorageError(
            .replaced,
            "the database was restored under this aurad: it had \(delivered) events and has \(lost); aurad has to start again"
        )
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
                    if !isListening {
                        try connection.script("LISTEN aura")
                        try noteEpoch(connection)
                    }
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

    /// After a lost connection the server may be another one, with another history.
    private func noteEpoch(_ connection: PostgresConnection) throws {
        let (known, delivered, next) = state.withLock { state in
            state.connections += 1
            return (state.epoch, state.delivered, "\(newEpoch)-\(state.connections)")
        }
        let epoch = try EpochRow.settle(
            connection, mark: LedgerMark(epoch: known, head: delivered), new: next)
        if epoch != known { logger.notice("the ledger has the epoch \(epoch) now, it had \(known)") }
        state.withLock { $0.epoch = epoch }
    }

    private func readOn(_ connection: PostgresConnection) throws {
        while true {
            let before = state.withLock { $0.delivered }
            let row = try connection.run("SELECT seq, floor FROM event_head WHERE one = 1").first
            skip(to: row?.number("floor") ?? 0)
            // A head below the last delivered `seq` means that the ledger lost events.
            if row?.number("seq") ?? 0 < before { state.withLock { $0.lostHead = row?.number("seq") ?? 0 } }
            let after = state.withLock { $0.delivered }
            let rows = try connection.run(
                "SELECT * FROM event WHERE seq > $1 ORDER BY seq LIMIT $2",
                [PostgresValue(after), PostgresValue(Self.page)])
            let events = rows.all.map { $0.event() }
            passGap(before: events.first?.seq ?? after, after: after)
            deliver(events)
            if rows.count < Self.page { return }
        }
    }
}
