import AuraClient
import Foundation
import JSON
import NIOCore
import NIOPosix
import RPCTransport
import TestKit
import Testing
import X509

@testable import TLS

@Suite(.timeLimit(.minutes(3))) struct ClientTests {
    private func trust(_ server: EncryptedServer, pair: (certificate: String, key: String)? = nil) throws -> ServerTrust
    {
        try ServerTrust(
            authorityFile: server.directory.file("authority.pem"), certificateFile: pair?.certificate,
            keyFile: pair?.key)
    }

    private func failure(_ address: DaemonAddress, _ trust: ServerTrust) async -> ClientError? {
        await #expect(throws: ClientError.self) { _ = try await Connection.connect(to: address, trust: trust) }
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func aClientCallsAServerOfItsAuthority(_ host: String) async throws {
        try await EncryptedServer.run(clients: .required) { server in
            let pair = try server.authority.issue().write(to: server.directory, "client")
            let address = DaemonAddress.tls(host: host, port: server.port)
            let client = AuraClient(address, trust: try trust(server, pair: pair))
            #expect(try await client.call("peer").stringValue?.hasPrefix("aura://test/principal/ada") ?? false)
            #expect(try await client.call("big", ["bytes": 500_000]).stringValue?.utf8.count == 500_000)
            await client.close()
        }
    }

    @Test func aServerOfAnotherAuthorityOrNameIsNotTrusted() async throws {
        try await EncryptedServer.run { server in
            let foreign = try TestAuthority().issued.write(to: server.directory, "foreign").certificate
            let address = DaemonAddress.tls(host: "127.0.0.1", port: server.port)
            #expect(await failure(address, try ServerTrust(authorityFile: foreign))?.code == .notTrusted)
            var other = TestAuthority.Leaf.server
            other.names = [.dnsName("example.org")]
            _ = try server.authority.issue(other).write(to: server.directory, "server")
            server.source.look(isForced: false)
            #expect(await failure(address, try trust(server))?.code == .notTrusted)
            let named = DaemonAddress.tls(host: "localhost", port: server.port)
            #expect(await failure(named, try trust(server))?.code == .notTrusted)
        }
    }

    @Test func anAddressWithTLSNeedsAnAuthority() async throws {
        let error = await failure(.tls(host: "127.0.0.1", port: 1), .none)
        #expect(error?.code == .invalidAddress)
        #expect(error?.message.contains("--ca or AURA_CA") ?? false)
    }

    @Test func aFileThatCannotBeUsedIsNamed() async throws {
        try await EncryptedServer.run { server in
            let pair = try server.authority.issue().write(to: server.directory, "client")
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: pair.key)
            let address = DaemonAddress.tls(host: "127.0.0.1", port: server.port)
            let error = await failure(address, try trust(server, pair: pair))
            #expect(error?.code == .invalidAddress)
            #expect(error?.message.contains("\(pair.key), which --key names") ?? false)
        }
    }

    @Test func aServerWithoutTLSIsUnreachable() async throws {
        try await EncryptedServer.run { server in
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Greeter()) }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let port = try #require(listener.localAddress?.port)
            let error = await failure(.tls(host: "127.0.0.1", port: port), try trust(server))
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains("check that it serves TLS there") ?? false)
            try await listener.close()
        }
    }

    /// Speaks without TLS.
    private final class Greeter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "220 mail ready\r\n")), promise: nil)
        }
    }
}
