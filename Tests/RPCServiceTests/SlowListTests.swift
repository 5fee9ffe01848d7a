import AuraAPI
import AuraClient
import AuraModel
import Dispatch
import JSONRPC
import Locking
import Logging
import NIOCore
import NIOPosix
import RPCService
import RPCTransport
import Storage
import TestKit
import Testing

@testable import StorageSQLite

/// Long lists, and lists that scan a table, are read on threads of their own (decisions 36 and 54).
@Suite(.timeLimit(.minutes(3))) struct SlowListTests {
    /// The number of threads that read lists.
    private static let threads = 4

    private let directory: TemporaryDirectory
    private let store: SQLiteStore
    private let calls = Calls()

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore(path: directory.file("aura.db"), kinds: .test, installation: "test")
    }

    /// The threads for lists are occupied, so that lists wait. Other calls of the same event loop are served meanwhile:
    /// a ping, and a read of a single row.
    @Test func slowListsHoldNoOtherCallOfTheirEventLoop() async throws {
        try await served { client in
            let release = DispatchSemaphore(value: 0)
            // If the test fails, no thread is held for ever.
            defer { for _ in 0..<Self.threads { release.signal() } }
            let occupied = AutoResetSignal()
            async let reads: Void = occupyThreads(occupied, until: release)
            await occupied.wait()
            async let instances = client.statusList(limit: 500)
            async let jobs = client.jobList(limit: 500)
            await calls.listsBegan()
            #expect(try await client.systemPing().pong)
            let error = await #expect(throws: RPCError.self) { try await client.statusGet(instance: "nobody") }
            #expect(error?.code == .instanceNotFound)
            #expect(calls.ended == ["status.get"])
            for _ in 0..<Self.threads { release.signal() }
            try await reads
            #expect(try await instances.instances.isEmpty)
            #expect(try await jobs.jobs.isEmpty)
        }
    }

    /// Holds a read on each thread for lists until `release` was signalled for each. Sends `occupied` when all are held.
    private func occupyThreads(_ occupied: AutoResetSignal, until release: DispatchSemaphore) async throws {
        let arrived = Locked(0)
        try await withThrowingTaskGroup(of: Void.self) { [store] group in
            for _ in 0..<Self.threads {
                group.addTask {
                    try await store.readAside { _ in
                        let isLast = arrived.withLock { arrived in
                            arrived += 1
                            return arrived == Self.threads
                        }
                        if isLast { occupied.send() }
                        release.wait()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Serves the methods of a daemon on one event loop.
    private func served(_ body: (AuraClient) async throws -> Void) async throws {
        let router = try RPCService.forTests(store).router(interceptors: [calls]) { _ in }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await withService(logger: logger) { onReady in
            RPCServer(addresses: [.tcp(port: 0)], router: router, group: loop, logger: logger, onReady: onReady)
        } body: { (_: RPCServer, bound: [ListenAddress], _) in
            guard case .tcp(_, let port) = try #require(bound.first) else { return }
            // On a busy machine the lists wait longer than the standard limits of a client.
            let client = AuraClient(
                .tcp(host: "127.0.0.1", port: port), patience: .seconds(600), timeout: .seconds(600),
                silence: .seconds(600))
            try await body(client)
            await client.close()
        }
        try await loop.shutdownGracefully()
    }
}

/// Notes which calls of the daemon have begun and ended.
private final class Calls: Interceptor {
    private let names = Locked<[String]>([])
    private let lists: AsyncStream<Void>
    private let list: AsyncStream<Void>.Continuation

    init() {
        (lists, list) = AsyncStream.makeStream()
    }

    let coversConstants = false

    /// The names of the calls that have ended, in order.
    var ended: [String] { names.withLock { $0 } }

    /// Returns once a list of instances and a list of jobs have begun.
    func listsBegan() async {
        var begun = lists.makeAsyncIterator()
        for _ in 1...2 { await begun.next() }
    }

    func willCall(_ context: inout RPCContext) throws(RPCError) {
        if context.method.name.hasSuffix(".list") { list.yield() }
    }

    func didCall(_ context: RPCContext, _ error: RPCError?) {
        names.withLock { $0.append(context.method.name) }
    }
}
