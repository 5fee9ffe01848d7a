import Glibc
import Locking
import Logging
import NIOPosix

/// Writes lines to a descriptor on a thread of its own, so that a reader that stalls blocks nothing else.
///
/// At most ``mostBytes`` wait. Lines beyond that are dropped and counted; the count is written once there is space
/// again.
final class LineWriter: Sendable {
    static let standardError = LineWriter(STDERR_FILENO)
    static let standardOutput = LineWriter(STDOUT_FILENO)

    static let mostBytes = 1 << 20
    /// The longest wait of ``flush()``, in steps of ten milliseconds.
    private static let flushSteps = 100

    private struct State: Sendable {
        var waiting: [UInt8] = []
        var beingWritten = 0
        var dropped = 0
        var hasThread = false
    }

    private let descriptor: CInt
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let state = Locked(State())

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
        thread.start()
    }

    /// Queues a line, or drops it if too many bytes wait. Never blocks.
    func write(_ line: String) {
        let bytes = Array(line.utf8)
        let begins = state.withLock { state in
            guard state.waiting.count + state.beingWritten + bytes.count < Self.mostBytes else {
                state.dropped += 1
                return false
            }
            state.waiting.append(contentsOf: bytes)
            state.waiting.append(UInt8(ascii: "\n"))
            defer { state.hasThread = true }
            return !state.hasThread
        }
        if begins { thread.submit { _ in self.drain() } }
    }

    /// Waits until all lines are written, at most a second. For a process that is about to exit.
    func flush() {
        for _ in 0..<Self.flushSteps where state.withLock({ $0.hasThread }) { usleep(10_000) }
    }

    private func drain() {
        while let bytes = next() { write(bytes) }
    }

    /// Returns all queued bytes, or `nil` if the thread may stop.
    private func next() -> [UInt8]? {
        state.withLock { state in
            if state.dropped > 0 {
                let word = "aurad: dropped \(state.dropped) log lines, the reader of the log is too slow\n"
                state.waiting.append(contentsOf: word.utf8)
                state.dropped = 0
            }
            state.beingWritten = state.waiting.count
            state.hasThread = !state.waiting.isEmpty
            defer { state.waiting = [] }
            return state.hasThread ? state.waiting : nil
        }
    }

    private func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}

/// Writes log events as `StreamLogHandler` does, through a ``LineWriter``.
struct LineLogHandler: LogHandler {
    let label: String
    let writer: LineWriter
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, given in given }
        let words = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        writer.write("\(Self.timestamp()) \(event.level) \(label):\(words) [\(event.source)] \(event.message)")
    }

    /// Returns the local time in the form `2026-11-29T18:00:00+0000`.
    private static func timestamp() -> String {
        var now = time(nil)
        var local = tm()
        localtime_r(&now, &local)
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S%z", &local)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
