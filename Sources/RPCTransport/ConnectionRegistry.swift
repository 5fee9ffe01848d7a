internal import JSONRPC
internal import Locking

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The open connections of a server: counts them, and reaches them when it goes down.
final class ConnectionRegistry: Sendable {
    /// What a server can ask of a connection.
    struct Handle: Sendable {
        let drain: @Sendable () -> Void
        let abort: @Sendable () -> Void
    }

    private struct State: Sendable {
        var lastID: UInt64 = 0
        var peers: [UInt64: Peer] = [:]
        var handles: [UInt64: Handle] = [:]
        var perUser: [UInt32: Int] = [:]
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

    /// Counts a connection in, or says which limit forbids it.
    func admit(_ peer: Peer) -> Admission {
        state.withLock { state in
            if let refusal = refusal(of: peer, state) { return .refused(refusal) }
            state.lastID += 1
            state.peers[state.lastID] = peer
            if case .unix(let uid, _, _) = peer { state.perUser[uid, default: 0] += 1 }
            return .admitted(state.lastID)
        }
    }

    /// Makes an admitted connection reachable; it learns at once if the server is going down already.
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
            if case .unix(let uid, _, _) = peer {
                let left = state.perUser[uid, default: 1] - 1
                state.perUser[uid] = left > 0 ? left : nil
            }
            guard state.peers.isEmpty else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Asks every connection to end after what it has promised; new ones are told the same.
    func drain() {
        let handles = state.withLock { state in
            state.isDraining = true
            return Array(state.handles.values)
        }
        for handle in handles { handle.drain() }
    }

    /// Ends every connection at once.
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

    /// Whether the peer is root or the daemon's own user, for whom some connections are kept.
    private func isOwner(_ peer: Peer) -> Bool {
        switch peer {
        case .unix(let uid, _, _): uid == 0 || uid == owner
        case .tcp, .memory: false
        }
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
        guard case .unix(let uid, _, _) = peer, let open = state.perUser[uid], open >= limits.connectionsPerUser else {
            return nil
        }
        return .limit(
            .tooManyConnectionsOfUser,
            "cannot take more than \(limits.connectionsPerUser) connections of one user, close some and try again",
            limit: limits.connectionsPerUser, actual: open + 1, retryAfterMs: 1000)
    }
}
