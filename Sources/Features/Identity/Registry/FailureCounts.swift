import AuraModel
import JSONRPC
import Locking

/// Counts wrong tokens per peer: a user of this machine, an IPv4 address, or an IPv6 network of 64 bits.
///
/// A peer with many failures is told to wait longer and longer, and its connections are closed. A valid token is always
/// accepted: many users can share one address, and nobody may lock out somebody else. A token has 256 bits that cannot
/// be guessed, so the counts only limit work and log lines.
final class FailureCounts: Sendable {
    /// The effect of one more failure.
    struct Penalty: Hashable {
        /// The time that the peer is told to wait before it tries again; `nil` if it need not wait. Its connection is
        /// closed then.
        var wait: Duration?
        /// The number of failures of the peer in the last minute, this one included.
        var recent: Int
    }

    private enum Subject: Hashable {
        case user(UInt32)
        case network(String)
        case other
    }

    /// The number of failures in a minute that have no effect.
    static let freePerMinute = 10
    /// The number of failures in a minute that are counted exactly.
    private static let remembered = 20
    private static let longestWait = Duration.seconds(30)
    /// The maximum number of peers that are remembered. Those whose last failure is the oldest are forgotten first.
    static let peerLimit = 10_000

    /// The times of the last failures of each peer, oldest first.
    private let failures = Locked<[Subject: [Timestamp]]>([:])

    /// The number of peers that are remembered.
    var peers: Int { failures.withLock { $0.count } }

    /// Records that a peer showed a wrong token.
    func fail(_ peer: Peer, at now: Timestamp) -> Penalty {
        let subject = Self.subject(peer)
        return failures.withLock { failures in
            if failures[subject] == nil, failures.count >= Self.peerLimit { Self.forget(&failures, at: now) }
            var own = failures[subject, default: []].filter { now - $0 <= .seconds(60) }
            own.append(now)
            own.removeFirst(max(0, own.count - Self.remembered))
            failures[subject] = own
            guard own.count > Self.freePerMinute else { return Penalty(wait: nil, recent: own.count) }
            let doublings = min(own.count - Self.freePerMinute - 1, 5)
            return Penalty(wait: min(.seconds(1 << doublings), Self.longestWait), recent: own.count)
        }
    }

    /// Forgets the peers without a failure in the last minute. If all have one, forgets half of them.
    private static func forget(_ failures: inout [Subject: [Timestamp]], at now: Timestamp) {
        failures = failures.filter { $0.value.last.map { now - $0 <= .seconds(60) } ?? false }
        guard failures.count >= peerLimit else { return }
        let median = failures.values.compactMap(\.last).sorted()[failures.count / 2]
        failures = failures.filter { $0.value.last.map { $0 > median } ?? false }
    }

    private static func subject(_ peer: Peer) -> Subject {
        switch peer {
        case .unix(let peer): .user(peer.uid)
        case .tcp(let address, _), .tls(let address, _, _): .network(Peer.network(of: address))
        case .memory: .other
        }
    }
}
