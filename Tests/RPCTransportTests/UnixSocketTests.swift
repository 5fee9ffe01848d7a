import Foundation
import JSON
import JSONRPC
import Locking
import Logging
import NIOCore
import NIOPosix
import RPCTransport
import ServiceLifecycle
import Testing

@Suite(.timeLimit(.minutes(3))) struct UnixSocketTests {
    func failure(listeningOn path: String) async -> ListenError? {
        await #expect(throws: ListenError.self) {
            try await TestServer.run(on: [.unix(path: path)]) { _ in Issue.record("listened on \(path)") }
        }
    }

    func expectServed(_ path: String) async throws {
        let client = try await RawClient.connect(to: .unix(path: path))
        #expect(try await client.ask(RPCServerTests.ping(1))?["result"] == "pong")
    }

    func expectPermissions(_ permissions: Int, _ path: String) throws {
        let found = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(found == permissions)
    }

    /// Leaves a socket file that no process serves, as a killed daemon does.
    func leaveStaleSocket(_ path: String) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: path).get()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".kept")
        try await channel.close()
        try FileManager.default.moveItem(atPath: path + ".kept", toPath: path)
    }

    @Test func theSocketFileIsPrivateByDefaultAndRemovedWithTheServer() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try await TestServer.run(on: [.unix(path: path)]) { _ in try expectPermissions(0o600, path) }
        #expect(!FileManager.default.fileExists(atPath: path))
        let access = SocketAccess(mode: 0o666)
        try await TestServer.run(on: [.unix(path: path, access: access)]) { _ in try expectPermissions(0o666, path) }
    }

    @Test func aStaleSocketIsReplaced() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try await leaveStaleSocket(path)
        #expect(FileManager.default.fileExists(atPath: path))
        try await TestServer.run(on: [.unix(path: path)]) { _ in try await expectServed(path) }
    }

    @Test func theSocketOfALiveDaemonIsNotReplaced() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try await TestServer.run(on: [.unix(path: path)]) { _ in
            let error = await failure(listeningOn: path)
            #expect(error?.code == .socketInUse)
            #expect(
                error?.message
                    == "cannot listen on the Unix socket \(path), another daemon serves it, "
                    + "stop that one or choose another path"
            )
            try await expectServed(path)
        }
    }

    /// A child of a daemon that has just ended shares the lock until it executes its program.
    @Test func aLockWithoutAServerIsWaitedFor() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let lock = open(path + ".lock", O_RDWR | O_CREAT, 0o600)
        #expect(flock(lock, LOCK_EX) == 0)
        let waits = Locked(0)
        try await TestServer.run(
            on: [.unix(path: path)],
            onLog: { line in
                guard line == "waiting for the lock of the socket" else { return }
                waits.withLock { $0 += 1 }
                close(lock)
            }
        ) { _ in try await expectServed(path) }
        #expect(waits.withLock { $0 } == 1)
    }

    /// A graceful shutdown is no error, as at any other time. The holder of the lock keeps the path.
    @Test(arguments: [false, true])
    func aServerThatWaitsForTheLockCanBeStopped(gracefully: Bool) async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX) == 0)
        let (lines, line) = AsyncStream<String>.makeStream()
        let logger = Logger(label: "test") { _ in CallingLogHandler { line.yield($0) } }
        let server = RPCServer(
            addresses: [.tcp(port: 0), .unix(path: path)], router: Router { _ in },
            group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            onReady: { _ in Issue.record("listens without the lock") })
        let services = ServiceGroup(services: [server], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await gracefully ? services.run() : server.run() }
        for await text in lines where text == "waiting for the lock of the socket" { break }
        if gracefully {
            await services.triggerGracefulShutdown()
            try await running.value
        } else {
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value }
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    }

    @Test func theSocketOfAForeignServerIsNotReplaced() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: path).get()
        #expect(await failure(listeningOn: path)?.code == .socketInUse)
        #expect(FileManager.default.fileExists(atPath: path))
        try await channel.close()
    }

    @Test func aFileThatIsNoSocketIsKeptAndALaterStartSucceeds() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try Data("x".utf8).write(to: URL(fileURLWithPath: path))
        #expect(await failure(listeningOn: path)?.code == .notASocket)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "x")
        try FileManager.default.removeItem(atPath: path)
        try await TestServer.run(on: [.unix(path: path)]) { _ in try await expectServed(path) }
    }

    @Test func aFileThatReplacedTheSocketIsNotRemoved() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try await TestServer.run(on: [.unix(path: path)]) { _ in
            try FileManager.default.removeItem(atPath: path)
            try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    }

    @Test func tooLongAndUnusablePathsAreRefused() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path
        #expect(
            await failure(listeningOn: path + "/" + String(repeating: "s", count: 104 - path.utf8.count - 1))?.code
                == .pathTooLong)
        #expect(await failure(listeningOn: "")?.code == .pathTooLong)
        #expect(await failure(listeningOn: path + "/no/such/place")?.code == .systemRefused)
        let longest = path + "/" + String(repeating: "s", count: 103 - path.utf8.count - 1)
        try await TestServer.run(on: [.unix(path: longest)]) { _ in try await expectServed(longest) }
    }

    @Test func aTCPPortInUseIsNamed() async throws {
        try await TestServer.run(on: [.tcp(port: 0)]) { server in
            let error = await #expect(throws: ListenError.self) {
                try await TestServer.run(on: server.addresses) { _ in Issue.record("listened twice") }
            }
            #expect(error?.code == .socketInUse)
            #expect(error?.message.contains("\(server.addresses[0])") == true)
        }
    }

    @Test func aFailedAddressReleasesTheOthers() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        await #expect(throws: ListenError.self) {
            try await TestServer.run(on: [.unix(path: path), .unix(path: "")]) { _ in Issue.record("listened") }
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        try await TestServer.run(on: [.unix(path: path)]) { _ in try await expectServed(path) }
    }
}
