import JSON
import JSONRPC
import Loopback
import RPCTransport
import Testing

@Suite(.timeLimit(.minutes(3))) struct LoopbackTests {
    @Test(arguments: [
        ("127.0.0.1:7070", "127.0.0.1", 7070), ("127.8.9.10:0", "127.8.9.10", 0), ("[::1]:1", "::1", 1),
        ("[0:0:0:0:0:0:0:1]:65535", "0:0:0:0:0:0:0:1", 65535),
    ])
    func loopbackAddressesAreRead(text: String, host: String, port: Int) throws {
        let address = try LoopbackAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test func localhostIsReadAsALoopbackAddress() throws {
        #expect(["127.0.0.1", "::1"].contains(try LoopbackAddress("LocalHost:80").ip))
    }

    @Test func anIPv6AddressKeepsItsBracketsWithAnotherPort() throws {
        #expect(try LoopbackAddress("[::1]:0").text(port: 40329) == "[::1]:40329")
    }

    @Test(arguments: [
        "", ":", ":7070", "7070", "*:7070", "0.0.0.0:7070", "[::]:7070", "::1:7070", "[127.0.0.1]:7070",
        "192.168.0.1:7070",
        "[::ffff:127.0.0.1]:1", "[fe80::1]:1", "example.com:80", "localhost.example.com:80", "127.1:80",
        "2130706433:80",
        "127.0.0.1:70000", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:", "127.0.0.1:0x50", "127.0.0.1", "[::1]",
        "[::1]7070",
        "here", "tcp:127.0.0.1:80", " 127.0.0.1:80",
    ])
    func otherAndMalformedAddressesAreRefused(text: String) {
        #expect(throws: LoopbackAddress.Refusal.self) { try LoopbackAddress(text) }
    }

    @Test(arguments: [
        ("127.0.0.1", false, false, true), ("127.0.0.1", true, false, true), ("[::1]", false, true, true),
        ("localhost", true, true, true), ("0.0.0.0", false, false, false), ("0.0.0.0", true, false, false),
        ("0.0.0.0", false, true, false), ("0.0.0.0", true, true, true), ("[2001:db8::1]", false, false, false),
        ("[2001:db8::1]", true, false, false), ("[2001:db8::1]", false, true, false),
        ("[2001:db8::1]", true, true, true),
    ])
    func beyondLoopbackAnAddressNeedsTLSAndAProof(host: String, hasTLS: Bool, hasProof: Bool, isAllowed: Bool) throws {
        let address = try ListenerAddress("\(host):7070")
        if isAllowed {
            try address.check(hasTLS: hasTLS, hasProof: hasProof)
        } else {
            #expect(throws: ListenerAddress.Refusal.self) { try address.check(hasTLS: hasTLS, hasProof: hasProof) }
        }
    }

    @Test(arguments: ["0.0.0.0", "::", "192.0.2.1", "*"])
    func aServerNeverListensBeyondLoopback(host: String) async {
        let error = await #expect(throws: ListenError.self) {
            try await TestServer.run(on: [.tcp(host: host, port: 0)]) { _ in Issue.record("listened on \(host)") }
        }
        #expect(error?.code == .notLoopback)
    }

    @Test func connectionsOfOtherProtocolsAreClosedWithoutReplyAndCounted() async throws {
        try await TestServer.run(on: [.tcp(port: 0)]) { server in
            for opening in ["GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}", "SSH-2.0-x\r\n", "{bad\n"] {
                let client = try await RawClient.connect(to: server.addresses[0])
                client.sendWithoutWaiting(Array((opening + "\n" + RPCServerTests.ping(1) + "\n").utf8))
                #expect(await client.next() == nil)
            }
            #expect(server.server.foreignConnections == 4)
            let client = try await RawClient.connect(to: server.addresses[0])
            #expect(try await client.ask(RPCServerTests.ping(1))?["id"] == 1)
        }
    }
}
