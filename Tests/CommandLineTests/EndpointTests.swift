import AuraClient
import Testing

@testable import aura

@Suite struct EndpointTests {
    func place(_ environment: [String: String] = [:], socket: String? = nil, connect: String? = nil) throws -> String {
        try Endpoint(socket: socket, connect: connect, environment: environment).address.description
    }

    @Test func optionsGoOverTheEnvironment() throws {
        let environment = ["AURA_SOCKET": "/e.sock", "XDG_RUNTIME_DIR": "/run/user/7"]
        #expect(try place(environment, socket: "/o.sock") == "/o.sock")
        #expect(try place(environment, connect: "host:7") == "host:7")
        #expect(try place(environment) == "/e.sock")
        #expect(try place(["XDG_RUNTIME_DIR": "/run/user/7"]) == "/run/user/7/aura/aurad.sock")
        #expect(try place(["AURA_CONNECT": "[::1]:7"]) == "[::1]:7")
        #expect(try place() == "/run/aura/aurad.sock")
    }

    @Test(arguments: ["", "host", "host:", ":1", "host:0", "host:65536", "::1:7", "host:x"])
    func whatIsNoAddressIsRefused(_ text: String) {
        #expect(throws: Endpoint.Unusable.self) { try place(connect: text) }
    }

    @Test func aSocketPathHasItsLimit() throws {
        let longest = String(repeating: "x", count: Endpoint.socketPathLimitBytes)
        #expect(try place(socket: longest) == longest)
        #expect(throws: Endpoint.Unusable.self) { try place(socket: longest + "x") }
    }
}
