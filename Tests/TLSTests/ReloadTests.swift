import AuraModel
import Foundation
import JSONRPC
import Locking
import Logging
import RPCTransport
import TestKit
import Testing

@testable import TLS

@Suite(.timeLimit(.minutes(5))) struct ReloadTests {
    @Test func newConnectionsSeeTheNewCertificateAndOldOnesStay() async throws {
        let count = 1000
        let limits = RPCLimits(connections: 2 * count, connectionsPerAddress: 2 * count)
        try await EncryptedServer.run(limits: limits) { server in
            var clients: [EncryptedClient] = []
            for _ in 0..<count {
                let client = try await server.client()
                clients.append(client)
                _ = try #require(await client.call("peer"))
            }
            let next = try server.renew()
            server.source.look(isForced: false)
            let new = try await server.client()
            #expect(await new.call("peer") != nil)
            #expect(try await new.certificate() == next.der)
            var answered = 0
            for client in clients where await client.call("peer") != nil { answered += 1 }
            #expect(answered == count)
            #expect(try await clients[0].certificate() != next.der)
            #expect(server.server.connections == count + 1)
            for client in clients + [new] { await client.close() }
        }
    }

    @Test func aPairThatCannotBeUsedKeepsTheOldOne() async throws {
        try await EncryptedServer.run { server in
            let first = try await server.client()
            #expect(await first.call("peer") != nil)
            let certificate = try await first.certificate()
            let (pem, key) = (server.directory.file("server.pem"), server.directory.file("server.key"))
            var expired = TestAuthority.Leaf.server
            (expired.from, expired.days) = (-10 * 86_400, 5)
            let faults: [(reason: String, () throws -> Void)] = [
                ("mismatch", { try TestAuthority.Issued.write(server.authority.issue(.server).pem, pem, mode: 0o644) }),
                ("notValidNow", { _ = try server.authority.issue(expired).write(to: server.directory, "server") }),
                ("malformed", { try TestAuthority.Issued.write("", pem, mode: 0o644) }),
                ("unreadable", { try FileManager.default.removeItem(atPath: pem) }),
                ("unreadable", { try FileManager.default.removeItem(atPath: key) }),
            ]
            for (number, (reason, change)) in faults.enumerated() {
                try change()
                server.source.look(isForced: false)
                // A file that has not changed is not read again, and its fault is not logged again.
                server.source.look(isForced: false)
                let errors = server.log.withLock { $0.filter { $0.contains("code=certificateUnusable") } }
                #expect(errors.count == number + 1)
                #expect(errors.last?.contains("reason=\(reason)") ?? false, "\(errors.last ?? "")")
                let client = try await server.client()
                #expect(await client.call("peer") != nil)
                #expect(try await client.certificate() == certificate)
            }
            let next = try server.renew()
            server.source.look(isForced: false)
            let client = try await server.client()
            #expect(await client.call("peer") != nil)
            #expect(try await client.certificate() == next.der)
        }
    }

    @Test func theServiceFindsChangedFilesWithinTenSeconds() async throws {
        let authority = try TestAuthority(now: 1_795_176_000)
        let directory = try TemporaryDirectory()
        let pair = try authority.issue(.server).write(to: directory, "server")
        let time = ManualTime(milliseconds: authority.now * 1000)
        let lines = Locked<[String]>([])
        let logger = Logger(label: "test") { _ in CollectingLogHandler(lines: lines) }
        let files = TLSFiles(certificate: pair.certificate, key: pair.key)
        let notices = Locked<[CertificateNotice]>([])
        let source = try ContextSource(files, time: time, logger: logger) { notice in
            notices.withLock { $0.append(notice) }
        }
        let service = Task { try await source.run() }
        try await time.sleepers(atLeast: 1)
        let before = source.current.notAfter
        var next = TestAuthority.Leaf.server
        next.days = 60
        _ = try authority.issue(next).write(to: directory, "server")
        let sleeps = time.sleeps
        time.advance(by: .seconds(10))
        try await time.sleeps(moreThan: sleeps)
        #expect(source.current.notAfter == before + 30 * 86_400)
        // 60 days less 60 seconds remain. Each warning comes once.
        for days in [39, 1, 13, 1, 5, 1, 1] {
            let sleeps = time.sleeps
            time.advance(by: .seconds(days * 86_400))
            try await time.sleeps(moreThan: sleeps)
        }
        service.cancel()
        try await service.value
        let warnings = lines.withLock { $0.filter { $0.contains("code=certificateExpiring") } }
        #expect(warnings.count == 4, "\(warnings)")
        #expect(warnings.first?.contains("less than 21 days") ?? false)
        #expect(warnings.last?.contains("has expired") ?? false)
        let kinds = notices.withLock { $0.map(\.kind) }
        #expect(kinds == [.replaced] + [21, 7, 1, 0].map { .expiring(days: $0) })
        try TestAuthority.Issued.write("", pair.certificate, mode: 0o644)
        source.look(isForced: true)
        let last = notices.withLock { $0.last }
        #expect(last?.kind == .unusable("malformed") && last?.file == pair.certificate && last?.notAfter == nil)
    }
}
