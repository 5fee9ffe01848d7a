import JSON

@testable import JSONRPC

/// A connection as a transport holds it, without threads. The input chooses when reads, writes and timeouts happen.
final class Wire {
    let session: Session
    private(set) var received: [UInt8] = []
    private var reader: ConnectionReader

    /// The maximum length of the reply to one message: a batch with the maximum number of the longest texts.
    private static let longestReply = 4 * 9000

    init(_ router: Router, _ limits: RPCLimits) {
        session = Session(id: 1, peer: .memory, limits: limits) {}
        reader = ConnectionReader(router: router, session: session)
    }

    /// Sends a piece as soon as the daemon reads.
    func send(_ piece: ArraySlice<UInt8>) {
        untilUnblocked()
        piece.withUnsafeBytes { reader.receive($0) }
        let most = session.limits.outboundQueueBytes + Self.longestReply
        require(session.queuedBytes <= most, "\(session.queuedBytes) bytes wait to be read")
    }

    /// Reads the daemon's output.
    func read() {
        session.didWake()
        if let bytes = session.takeOutput() {
            received += bytes
            session.didWrite()
        }
        reader.pump()
    }

    func parkedTimedOut() { reader.parkedTimedOut() }

    /// Ends the client's side, and reads until the daemon has ended its side.
    func finish() {
        reader.endInput()
        for _ in 0..<Self.manyTurns where !session.isFinished { turn() }
        require(session.isFinished, "the connection does not end, \(session.callsInFlight) calls are in flight")
        session.didClose()
        JobQueue.runAll()
    }

    private func untilUnblocked() {
        for _ in 0..<Self.manyTurns where reader.isBlocked { turn() }
        require(!reader.isBlocked, "the daemon does not read on, \(session.callsInFlight) calls are in flight")
    }

    private func turn() {
        JobQueue.runAll()
        read()
    }

    /// More turns than any input needs.
    private static let manyTurns = 10_000
}
