internal import JSONRPC
internal import Locking

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The open connections of a server. It counts them, and drains or aborts them on shutdown.
final class ConnectionRegistry: Sendable {
    /// The operations of a connection that the server uses.
    struct Handle: Sendable {
        let drain: @Sendable () -> Void
        let abort: @Sendable () -> Void
    }

    private struct State: Sendable {
        var lastID: UInt64 = 0
        var peers: [UInt64: Peer] = [:]
        var handles: [UInt64: Handle] = [:]
        var perUser: [UInt32: Int] = [:]
        /// The connections of each network of TCP clients.
        var perNetwork: [String: Int] = [:]
        var perProcess: [Int32: Int] = [:]
        /// The ids of the connections over the limits, which only root and the daemon's own user may have.
        var beyond: Set<UInt64> = []

        mutating func count(_ peer: Peer, _ change: Int) {
            switch peer {
            case .unix(let peer):
                Self.add(change, to: &perUser[peer.uid])
                Self.add(change, to: &perProcess[peer.pid])
            case .tcp(let address, _), .tls(let address, _, _):
                Self.add(change, to: &perNetwork[Peer.network(of: address)])
            case .memory: break
            }
        }

        private static func add(_ change: Int, to count: inout Int?) {
            let sum = (count ?? 0) + change
            count = sum > 0 ? sum : nil
        }
        /// The connections that have shown no proof of who calls, each with its network; `nil` on the loopback
        /// interface, whose clients are many behind a proxy.
        var unproven: [UInt64: String?] = [:]
        var isDraining = false
        var whenEmpty: [CheckedContinuation<Void, Never>] = []
    }

    enum Admission: Sendable {
        case admitted(UInt64)
        case refused(RPCError)
    }

    private let limits: RPCLimits
    private let state = Locked(State())

    /// The daemon's own user.
    private let owner: UInt32

    init(limits: RPCLimits, owner: UInt32 = geteuid()) {
        self.limits = limits
        self.owner = owner
    }

    var count: Int { state.withLock { $0.peers.count } }

    /// Counts a connection, or returns the error of the limit that forbids it.
    func admit(_ peer: Peer) -> Admission {
        state.withLock { state in
            let refusal = refusal(of: peer, state)
            if let refusal, !mayGoBeyond(peer, state) { return .refused(refusal) }
            state.lastID += 1
            state.peers[state.lastID] = peer
            if refusal != nil { state.beyond.insert(state.lastID) }
            state.count(peer, 1)
            return .admitted(state.lastID)
        }
    }

    /// Stores the handle of an admitted connection. Drains the connection at once if the server is shutting down.
    func attach(_ handle: Handle, to id: UInt64) {
        let isDraining = state.withLock { state in
            state.handles[id] = handle
            return state.isDraining
        }
        if isDraining { handle.drain() }
    }

    func remove(_ id: UInt64) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard let peer = state.peers.removeValue(forKey: id) else { return [] }
            state.handles[id] = nil
            state.beyond.remove(id)
            state.unproven.removeValue(forKey: id)
            state.count(peer, -1)
            guard state.peers.isEmpty else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for continuation in waiting { continuation.resume() }
    }

    /// The number of connections that have shown no proof.
    var unproven: Int { state.withLock { $0.unproven.count } }

    /// Counts an admitted connection among those without a proof, until ``noteProof(of:)`` or ``remove(_:)``. Returns an
    /// error if there are too many. One network may have half of the places, so that no single one can take them all.
    func countUnproven(_ id: UInt64) -> RPCError? {
        state.withLock { state in
            guard let peer = state.peers[id] else { return nil }
            let most = limits.unprovenConnections
            let network = peer.isLoopback ? nil : peer.network
            let half = max(1, most / 2)
            if let network, state.unproven.values.count(where: { $0 == network }) >= half {
                return .limit(
                    .tooManyConnectionsOfUser,
                    "cannot take more than \(half) connections of one address that have not shown who calls: try again, "
                        + "or call session.authenticate right after connecting",
                    limit: half, actual: half + 1, retryAfterMs: 1000)
            }
            guard state.unproven.count < most else {
                return .limit(
                    .tooManyConnections,
                    "cannot take more than \(most) connections that have not shown who calls: try again, call "
                        + "session.authenticate right after connecting, or use the Unix socket",
                    limit: most, actual: most + 1, retryAfterMs: 1000)
            }
            state.unproven.updateValue(network, forKey: id)
            return nil
        }
    }

    /// Records that a connection has shown a proof.
    func noteProof(of id: UInt64) {
        state.withLock { _ = $0.unproven.removeValue(forKey: id) }
    }

    /// Makes every connection close after the replies to its accepted calls. New connections are refused.
    func drain() {
        let handles = state.withLock { state in
            state.isDraining = true
            return Array(state.handles.values)
        }
        for handle in handles { handle.drain() }
    }

    /// Aborts every connection.
    func abort() {
        let handles = state.withLock { Array($0.handles.values) }
        for handle in handles { handle.abort() }
    }

    /// Returns when no connection is left.
    func untilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.peers.isEmpty { state.whenEmpty.append(continuation) }
                return state.peers.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }

    /// Returns true for root and the daemon's own user, for whom some connections are reserved.
    private func isOwner(_ peer: Peer) -> Bool {
        switch peer {
        case .unix(let peer): peer.uid == 0 || peer.uid == owner
        case .tcp, .tls, .memory: false
        }
    }

    /// Returns true if the owner may exceed a limit: the connecting process must have no connection yet, and fewer than
    /// `connectionsBeyond` connections may be over the limits.
    private func mayGoBeyond(_ peer: Peer, _ state: State) -> Bool {
        guard !state.isDraining, isOwner(peer), case .unix(let process) = peer else { return false }
        return state.perProcess[process.pid] == nil && state.beyond.count < RPCLimits.connectionsBeyond
    }

    private func refusal(of peer: Peer, _ state: State) -> RPCError? {
        if state.isDraining {
            return RPCError(.shuttingDown, "cannot take a connection, the daemon is going down")
        }
        let most = limits.connections - (isOwner(peer) ? 0 : limits.connectionsKept)
        guard state.peers.count < most else {
            return .limit(
                .tooManyConnections,
                "cannot take more than \(most) connections, close some and try again",
                limit: most, actual: state.peers.count + 1, retryAfterMs: 1000)
        }
        let (open, limit, whose): (Int, Int, String)
        switch peer {
        case .unix(let peer):
            (open, limit, whose) = (state.perUser[peer.uid] ?? 0, limits.connectionsPerUser, "user")
        case .tcp(let address, _), .tls(let address, _, _):
            (open, limit, whose) = (
                state.perNetwork[Peer.network(of: address)] ?? 0, limits.connectionsPerAddress, "address"
            )
        case .memory: return nil
        }
        guard open >= limit else { return nil }
        return .limit(
            .tooManyConnectionsOfUser,
            "cannot take more than \(limit) connections of one \(whose), close some and try again",
            limit: limit, actual: open + 1, retryAfterMs: 1000)
    }
}
