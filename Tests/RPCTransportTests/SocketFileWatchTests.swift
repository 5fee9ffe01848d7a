import Foundation
import Locking
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import RPCTransport

/// The end of a listener while the file of its socket is missing. The event loop's clock is the test's.
@Suite(.timeLimit(.minutes(3))) struct SocketFileWatchTests {
    /// A watch over a bound socket. A socket that it makes again waits until the test provides its channel.
    private final class Bench: Sendable {
        let loop = NIOAsyncTestingEventLoop()
        let path: String
        let file: UnixSocketFile
        let watch: SocketFileWatch
        let made = Locked<[(file: UnixSocketFile, promise: EventLoopPromise<any Channel>)]>([])

        init(_ path: String) throws {
            self.path = path
            file = try #require(try UnixSocketFile.bind(path: path, access: SocketAccess(mode: 0o600)))
            let channel = NIOAsyncTestingChannel(loop: loop)
            watch = SocketFileWatch(
                channel: channel, file: file, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { [made, loop] file in
                let promise = loop.makePromise(of: (any Channel).self)
                made.withLock { $0.append((file, promise)) }
                return promise.futureResult
            }
        }

        deinit {
            // The channels of the test own no descriptors.
            for file in [file] + made.withLock({ $0.map(\.file) }) { close(file.descriptor) }
        }

        /// Lets the time pass until the watch has looked at the file once more.
        func look() async { await loop.advanceTime(by: SocketFileWatch.interval) }

        var hasFile: Bool { FileManager.default.fileExists(atPath: path) }

        /// True if another daemon could take the lock of the socket now.
        var isFree: Bool {
            let lock = open(path + ".lock", O_RDWR | O_CLOEXEC)
            defer { close(lock) }
            return flock(lock, LOCK_EX | LOCK_NB) == 0
        }
    }

    /// Without the lock, a daemon that starts meanwhile would find a served socket, and refuse to start.
    ///
    ///     watch:  finds no file ─▶ makes the socket ──────▶ has its channel ─▶ removes the socket
    ///     stop:                      begins, and waits ───────────────────────────────────────▶ frees the lock
    @Test func theLockIsKeptUntilASocketThatIsBeingMadeAgainIsRemoved() async throws {
        let scratch = try ScratchDirectory()
        let bench = try Bench(scratch.socket)
        #expect(unlink(bench.path) == 0)
        await bench.look()
        let made = try #require(bench.made.withLock { $0.first })
        #expect(bench.hasFile)
        async let stopped: Void = bench.watch.stop()
        // A stop that did not wait would end within these turns.
        for _ in 1...1000 {
            try await bench.loop.executeInContext {}
            await Task.yield()
        }
        #expect(bench.hasFile && !bench.isFree)
        let channel = NIOAsyncTestingChannel(loop: bench.loop)
        made.promise.succeed(channel)
        await stopped
        #expect(!bench.hasFile && bench.isFree)
        try await channel.closeFuture.get()
        try await bench.watch.closeFuture.get()
    }

    @Test func aStoppedWatchMakesNoSocket() async throws {
        let scratch = try ScratchDirectory()
        let bench = try Bench(scratch.socket)
        #expect(unlink(bench.path) == 0)
        await bench.watch.stop()
        #expect(bench.isFree)
        for _ in 1...3 { await bench.look() }
        #expect(bench.made.withLock { $0.isEmpty } && !bench.hasFile)
    }

    @Test func aSocketThatIsMadeAgainReplacesTheFormerOne() async throws {
        let scratch = try ScratchDirectory()
        let bench = try Bench(scratch.socket)
        #expect(unlink(bench.path) == 0)
        await bench.look()
        let made = try #require(bench.made.withLock { $0.first })
        let channel = NIOAsyncTestingChannel(loop: bench.loop)
        made.promise.succeed(channel)
        await bench.look()
        #expect(bench.made.withLock { $0.count } == 1)
        #expect(bench.hasFile && !bench.isFree)
        await bench.watch.stop()
        #expect(!bench.hasFile && bench.isFree)
        try await channel.closeFuture.get()
    }
}
