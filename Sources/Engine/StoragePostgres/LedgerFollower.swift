import AuraModel
import Glibc
import Locking
import Logging
import Storage

/// Delivers every daemon's events to the observer: in order, without gaps, each once.
///
/// A commit of this daemon is delivered directly if it follows the last delivered event. All other events are read
/// from the ledger. A notification only signals that there are new events; a read every second replaces lost
/// notifications.
final class LedgerFollower: Sendable {
    typealias Observer = @Sendable ([Event]) -> Void

    private struct State: Sendable {
        var observer: Observer?
        var epoch: String
        /// The number of connections so far, which makes the names of new epochs unique.
        var connections = 0
        /// The ledger's head when it was lower than the last delivered `seq`: the database was restored. Otherwise
        /// `nil`.
        var lostHead: Int64?
        /// The `seq` of the last event that was delivered.
        var delivered: Int64
        /// This daemon's commits that arrived before their predecessors, by their first `seq`.
        var early: [Int64: [Event]] = [:]
    }

    private let thread: ConnectionThread
    private let state: Locked<State>
    private let ended = Locked(false)
    private let logger: Logger
    private let newEpoch: String
    private let onLook = Locked<(@Sendable () -> Void)?>(nil)

    private static let page = 1000
    /// The maximum number of commits in `State.early`. The events of further ones are read from the ledger.
    private static let earlyLimit = 64
    /// The longest wait for a notification before the next read of the ledger.
    private static let look = Duration.seconds(1)
    /// The shortest time between two reads. Commits of other daemons within this time are read together.
    private static let interval = Duration.milliseconds(20)

    /// - Parameters:
    ///   - head: the `seq` after which delivery begins.
    ///   - newEpoch: the prefix of the names of new epochs.
    init(_ settings: PostgresSettings, head: Int64, epoch: String, newEpoch: String, logger: Logger) {
        thread = ConnectionThread(settings.listening, label: "listener")
        state = Locked(State(epoch: epoch, delivered: head))
        self.logger = logger
        self.newEpoch = newEpoch
    }

    var epoch: String { state.withLock { $0.epoch } }

    /// Throws `replaced` if the database lost events that this daemon delivered.
    func checkIdentity() throws(StorageError) {
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

    /// Calls `work` before each read of the ledger, at least once a second while the server replies.
    func atEachLook(_ work: @escaping @Sendable () -> Void) {
        onLook.withLock { $0 = work }
    }

    func close() {
        ended.withLock { $0 = true }
        thread.close()
    }

    /// Delivers the events of a commit of this daemon.
    ///
    /// Events that were already delivered are skipped. Events that do not follow the last delivered event are kept
    /// until they do, or read from the ledger later.
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

    /// Skips events that were pruned before this daemon had read them, for instance after months without activity.
    private func skip(to floor: Int64) {
        let missed = state.withLock { state in
            defer { state.delivered = max(state.delivered, floor) }
            return floor - state.delivered
        }
        if missed > 0 { logger.warning("\(missed) events were pruned before they could be followed") }
    }

    /// Skips numbers that are missing in the ledger because another client of the database deleted their events.
    ///
    /// Each transaction locks the counter's row until its commit, so that no event with such a number can appear later.
    private func passGap(before first: Int64, after read: Int64) {
        let skipped = state.withLock { state -> Int64 in
            guard state.delivered == read, first > read + 1 else { return 0 }
            state.delivered = first - 1
            return first - 1 - read
        }
        if skipped > 0 { logger.error("the ledger leaves out \(skipped) numbers before \(first)") }
    }

    /// The loop of the listening thread. `LISTEN` needs a connection that keeps its session, even if other connections
    /// use a pooler (`listenURL`).
    private func follow() {
        var isListening = false
        while !ended.withLock({ $0 }) {
            onLook.withLock { $0 }?()
            do {
                try thread.perform { connection in
                    if !isListening {
                        try connection.script("LISTEN aura")
                        try noteEpoch(connection)
                    }
                    isListening = true
                    let began = ContinuousClock.now
                    try readOn(connection)
                    _ = try connection.listen(atMost: Self.look)
                    Self.pause(until: began + Self.interval)
                }
            } catch {
                isListening = false
                logger.warning("cannot follow the ledger, trying again: \(error)")
                usleep(500_000)
            }
        }
    }

    private static func pause(until end: ContinuousClock.Instant) {
        let left = end - ContinuousClock.now
        if left > .zero { usleep(UInt32(left.wholeMilliseconds) * 1000) }
    }

    /// Determines the epoch again: after a reconnect the server may be another one, with another history.
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
                "SELECT \(EventColumn.list) FROM event WHERE seq > $1 ORDER BY seq LIMIT $2",
                [PostgresValue(after), PostgresValue(Self.page)])
            let events = rows.all.map { $0.event() }
            passGap(before: events.first?.seq ?? after, after: after)
            deliver(events)
            if rows.count < Self.page { return }
        }
    }
}
