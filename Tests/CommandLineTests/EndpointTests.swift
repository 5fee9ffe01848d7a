import AuraClient
import Glibc
import Testing

@testable import aura

@Suite struct EndpointTests {
    func endpoint(
        _ environment: [String: String] = [:], socket: String? = nil, connect: String? = nil, files: Set<String> = []
    ) throws -> Endpoint {
        try Endpoint(
            socket: socket, connect: connect, value: { environment[$0] }, exists: { files.contains($0) })
    }

    func place(
        _ environment: [String: String] = [:], socket: String? = nil, connect: String? = nil, files: Set<String> = []
    ) throws -> String {
        try endpoint(environment, socket: socket, connect: connect, files: files).address.description
    }

    @Test func optionsOverrideTheEnvironment() throws {
        let environment = ["AURA_SOCKET": "/e.sock", "XDG_RUNTIME_DIR": "/run/user/7"]
        #expect(try place(environment, socket: "/o.sock") == "/o.sock")
        #expect(try place(environment, connect: "host:7") == "host:7")
        #expect(try place(environment) == "/e.sock")
        #expect(try place() == "/run/aura/aurad.sock")
    }

    @Test func theRuntimeDirectoryCountsOnlyIfItsSocketExists() throws {
        let environment = ["AURA_SOCKET": "", "XDG_RUNTIME_DIR": "/run/user/7"]
        let socket = "/run/user/7/aura/aurad.sock"
        #expect(try place(environment, files: [socket]) == socket)
        #expect(try place(environment) == "/run/aura/aurad.sock")
        #expect(try endpoint(environment).advice.contains("there is no \(socket) either"))
    }

    @Test func optionAndVariableHaveTheSameGrammar() throws {
        let forms = [
            ("tls://host:7", "tls://host:7"), ("tls://[::1]:7", "tls://[::1]:7"),
            ("unix:/a b/s", "/a b/s"), ("/plain", "/plain"), ("tcp:host:7", "host:7"), ("tcp:[::1]:7", "[::1]:7"),
            ("./tcp:x", "./tcp:x"),
        ]
        for (text, address) in forms {
            #expect(try place(socket: text) == address)
            #expect(try place(["AURA_SOCKET": text]) == address)
        }
        #expect(try place(connect: "tcp:host:7") == "host:7")
    }

    @Test(arguments: [
        "tls://", "tls://host", "tls://:7", "tls://host:0", "tls://host/x:7", "tcp:", "tcp:host", "tcp::7", "tcp:::1:7",
        "tcp:host:0", "tcp://host:7", "tcp:host:+7", "unix:", "",
    ])
    func malformedSocketAddressesAreRefused(_ text: String) {
        #expect(throws: Endpoint.Unusable.self) { try place(socket: text) }
        if !text.isEmpty {
            #expect(throws: Endpoint.Unusable.self) { try place(["AURA_SOCKET": text]) }
        }
    }

    @Test(arguments: ["", "host", "host:", ":1", "host:0", "host:65536", "::1:7", "host:x"])
    func malformedConnectAddressesAreRefused(_ text: String) {
        #expect(throws: Endpoint.Unusable.self) { try place(connect: text) }
    }

    @Test func theFormerVariableIsRefusedWithAdvice() {
        let error = #expect(throws: Endpoint.Unusable.self) { try place(["AURA_CONNECT": "[::1]:7"]) }
        #expect(error?.message.contains("set AURA_SOCKET to 'tcp:[::1]:7'") == true)
    }

    @Test func aSocketPathOverTheLimitIsRefused() throws {
        let longest = String(repeating: "x", count: DaemonAddress.socketPathLimitBytes)
        #expect(try place(socket: longest) == longest)
        #expect(throws: Endpoint.Unusable.self) { try place(socket: longest + "x") }
    }

    @Test func optionsAreQuotedForAShell() throws {
        #expect(try endpoint(socket: "/a b/it's").options == "--socket '/a b/it'\\''s'")
        #expect(try endpoint(socket: "/run/a.sock").options == "--socket /run/a.sock")
        #expect("".shellQuoted == "''" && "a;b".shellQuoted == "'a;b'" && "ü".shellQuoted == "'ü'")
    }

    @Test func filesOfOptionsComeBeforeThoseOfTheEnvironment() throws {
        let environment = ["AURA_CA": "/e/ca", "AURA_CERT": "/e/cert", "AURA_KEY": "/e/key"]
        func trust(_ files: Endpoint.Files, _ environment: [String: String]) throws -> ServerTrust {
            try Endpoint(socket: "tls://h:7", connect: nil, files: files, value: { environment[$0] }).trust
        }
        #expect(try trust(.init(), environment).authorityFile == "/e/ca")
        #expect(try trust(.init(authority: "/o/ca"), environment).authorityFile == "/o/ca")
        #expect(try trust(.init(authority: "/o/ca"), environment).keyFile == "/e/key")
        #expect(throws: Endpoint.Unusable.self) { try trust(.init(), ["AURA_CERT": "/e/cert"]) }
        #expect(throws: Endpoint.Unusable.self) { try trust(.init(key: "/o/key"), [:]) }
        let endpoint = try Endpoint(
            socket: "tls://h:7", connect: nil, files: .init(authority: "/a b"), value: { _ in nil })
        #expect(endpoint.options == "--socket tls://h:7 --ca '/a b'")
    }

    @Test func theServerOfAUnixSocketIsRootOrThisUserOrTheNamedOne() throws {
        func users(_ named: String?) throws -> Set<UInt32>? {
            try Endpoint(socket: "/s", connect: nil, value: { $0 == "AURA_SERVER_USER" ? named : nil }).trust.users
        }
        #expect(try users(nil) == [0, geteuid()])
        #expect(try users("") == [0, geteuid()])
        #expect(try users("4711") == [0, geteuid(), 4711])
        #expect(try users("root") == [0, geteuid()])
        #expect(throws: Endpoint.Unusable.self) { try users("no-such-user") }
    }
}
