import Foundation
import JSONRPC
import Locking
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import RPCTransport
import TestKit
import Testing

@testable import TLS

@Suite(.timeLimit(.minutes(3))) struct HandshakeTests {
    /// Waits until a line of the log contains the text.
    private func line(_ server: EncryptedServer, containing text: String) async throws -> String {
        while true {
            if let line = server.log.withLock({ $0.first { $0.contains(text) } }) { return line }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test func aClientWithoutACertificateIsServed() async throws {
        try await EncryptedServer.run { server in
            let client = try await server.client()
            #expect(await client.call("peer")?.contains("127.0.0.1 port") ?? false)
            #expect(server.server.connections == 1)
            await client.close()
        }
    }

    @Test func thePeerHasTheIdentityOfItsCertificate() async throws {
        try await EncryptedServer.run(clients: .required) { server in
            let client = try await server.client(server.authority.issue())
            #expect(await client.call("peer")?.contains("aura://test/principal/ada at 127.0.0.1") ?? false)
        }
    }

    @Test func aClientWithoutACertificateIsRefusedIfOneIsRequired() async throws {
        try await EncryptedServer.run(clients: .required) { server in
            let client = try await server.client()
            #expect(await client.call("peer") == nil)
            let line = try await line(server, containing: "tlsHandshakeFailed")
            #expect(line.contains("failed: PEER_DID_NOT_RETURN_A_CERTIFICATE code="))
        }
    }

    @Test(arguments: TLSFiles.ClientCertificates.allCases)
    func aCertificateThatBreaksARuleIsRefused(_ clients: TLSFiles.ClientCertificates) async throws {
        try await EncryptedServer.run(clients: clients) { server in
            // TLS itself accepts a certificate of 91 days.
            let client = try await server.client(server.authority.issue(.init(days: 91)))
            #expect(await client.call("peer") == nil)
            #expect(try await line(server, containing: "certificateRefused").contains("more than 90 days"))
        }
    }

    @Test func aCertificateOfAnotherAuthorityIsRefused() async throws {
        let other = try TestAuthority()
        try await EncryptedServer.run { server in
            let client = try await server.client(other.issue())
            #expect(await client.call("peer") == nil)
        }
    }

    @Test(arguments: [[], ["http/1.1"], ["aura/2"], ["h2", "http/1.1"], ["AURA/1"]])
    func aClientWithoutTheProtocolIsRefused(_ offered: [String]) async throws {
        try await EncryptedServer.run { server in
            let client = try await server.client { $0.applicationProtocols = offered }
            #expect(await client.call("peer") == nil)
            #expect(try await line(server, containing: "wrongProtocol").contains("tlsHandshakeFailed"))
        }
    }

    @Test func aClientOfTLS12IsRefused() async throws {
        try await EncryptedServer.run { server in
            let client = try await server.client {
                $0.minimumTLSVersion = .tlsv12
                $0.maximumTLSVersion = .tlsv12
            }
            #expect(await client.call("peer") == nil)
        }
    }

    @Test func aClientWithoutTLSGetsNoWords() async throws {
        try await EncryptedServer.run { server in
            for opening in [#"{"jsonrpc":"2.0","id":1,"method":"peer"}"#, "GET / HTTP/1.1\r\n\r\n", "\0\0\0\0\0\0"] {
                let client = try await EncryptedClient.connect(port: server.port, nil)
                client.send(opening + "\n")
                // At most an alert of TLS: 7 bytes without a character of JSON.
                let said = await client.rest()
                #expect(said.utf8.count <= 16 && !said.contains("{") && !said.contains("HTTP"), "\(said)")
            }
        }
    }

    @Test func aSlowHandshakeIsEnded() async throws {
        try await EncryptedServer.run(handshakeTime: .milliseconds(200)) { server in
            let silent = try await EncryptedClient.connect(port: server.port, nil)
            #expect(await silent.rest() == "")
            #expect(try await line(server, containing: "timedOut").contains("took longer"))
            // A part of a record is no progress.
            let slow = try await EncryptedClient.connect(port: server.port, nil)
            slow.send("\u{16}\u{3}\u{1}")
            _ = await slow.rest()
            let client = try await server.client()
            #expect(await client.call("peer") != nil)
        }
    }

    @Test func handshakesCountTowardsTheLimits() async throws {
        try await EncryptedServer.run(limits: RPCLimits(connectionsPerAddress: 2)) { server in
            let silent = [
                try await EncryptedClient.connect(port: server.port, nil),
                try await EncryptedClient.connect(port: server.port, nil),
            ]
            while server.server.connections < 2 { try await Task.sleep(for: .milliseconds(5)) }
            let third = try await server.client()
            #expect(await third.call("peer") == nil)
            for client in silent { await client.close() }
            while server.server.connections > 0 { try await Task.sleep(for: .milliseconds(5)) }
            let client = try await server.client()
            #expect(await client.call("peer") != nil)
        }
    }

    /// A certificate is a proof. Handshakes, also failed ones, are not counted.
    @Test func onlyConnectionsWithoutACertificateAreCountedAsUnproven() async throws {
        let limits = RPCLimits(unprovenConnections: 1)
        try await EncryptedServer.run(limits: limits, router: try TestAuthenticator().router()) { server in
            let own = try server.authority.issue()
            let silent = try await EncryptedClient.connect(port: server.port, nil)
            let foreign = try await server.client(try TestAuthority().issue())
            #expect(await foreign.call("ping") == nil)
            let first = try await server.client(own)
            #expect(await first.call("whoami")?.contains("certificate") == true)
            #expect(server.server.unprovenConnections == 0)
            let without = try await server.client()
            #expect(await without.call("whoami")?.contains("unauthenticated") == true)
            #expect(server.server.unprovenConnections == 1)
            let refused = try await server.client()
            #expect(await refused.line()?.contains("tooManyConnections") == true)
            #expect(await refused.line() == nil)
            let second = try await server.client(own)
            #expect(await second.call("whoami")?.contains("certificate") == true)
            #expect(await without.call("authenticate", #"{"token":"good"}"#)?.contains("ada") == true)
            #expect(server.server.unprovenConnections == 0)
            for client in [silent, first, second, without] { await client.close() }
        }
    }

    @Test func largeRepliesArriveWholeAndInOrder() async throws {
        try await EncryptedServer.run { server in
            let client = try await server.client()
            for bytes in [1, 16 << 10, (16 << 10) + 1, 700_000] {
                #expect(await client.call("big", #"{"bytes":\#(bytes)}"#)?.filter { $0 == "x" }.count == bytes)
            }
        }
    }

    @Test func aClientThatEndsItsSideGetsItsReplies() async throws {
        try await EncryptedServer.run { server in
            let client = try await server.client { _ in }
            #expect(await client.call("peer") != nil)
            client.send(#"{"jsonrpc":"2.0","id":7,"method":"big","params":{"bytes":100000}}"# + "\n")
            client.endInput()
            #expect(await client.rest().filter { $0 == "x" }.count == 100_000)
        }
    }

    @Test func aServerWithoutACertificateRefusesAnAddressWithTLS() async {
        let error = await #expect(throws: ListenError.self) {
            try await RPCServer(
                addresses: [.tls(port: 0)], router: Router { _ in }, group: MultiThreadedEventLoopGroup.singleton,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ).run()
        }
        #expect(error?.code == .noCertificate)
    }
}
