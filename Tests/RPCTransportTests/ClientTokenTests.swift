import AuraAPI
import AuraModel
import Foundation
import JSONRPC
import Locking
import RPCTransport
import TestKit
import Testing

@testable import AuraClient

@Suite(.timeLimit(.minutes(3))) struct ClientTokenTests {
    static let text = "aura1_k1_AAECAwQFBgcICQoLDA0ODw_knFUDyAaFSIAFRIAfcRmL1CuVmScPld_zX_TkcGneo0"

    // MARK: - Where a token is found

    @Test func theFileOfTheEnvironmentComesBeforeItsText() throws {
        let scratch = try ScratchDirectory()
        let file = try Self.write(" \(Self.text)\n", in: scratch.path)
        let both = ["AURA_TOKEN_FILE": file, "AURA_TOKEN": "aura1_other"]
        #expect(try Self.found(both) == Self.text)
        #expect(try Self.found(["AURA_TOKEN_FILE": "", "AURA_TOKEN": "aura1_other\n"]) == "aura1_other")
        #expect(try Self.found(["AURA_TOKEN": ""]) == nil)
        #expect(try Self.found([:]) == nil)
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o601])
    func aFileThatOthersMayUseIsRefusedWithTheRemedy(_ mode: Int) throws {
        let scratch = try ScratchDirectory()
        let file = try Self.write(Self.text, in: scratch.path, mode: mode)
        let error = #expect(throws: ClientError.self) { try ClientToken.read(file: file) }
        #expect(error?.code == .invalidToken)
        #expect(error?.message == "cannot use the token file \(file), other users may use it: run chmod 600 \(file)")
    }

    @Test(arguments: ["", "secret", "aura1_", "aura1_a b", "aura1_ä", "aura1_" + String(repeating: "x", count: 1019)])
    func aTextThatIsNoTokenIsRefusedAndNotShown(_ text: String) {
        let error = #expect(throws: ClientError.self) { try ClientToken.checked(text, of: "AURA_TOKEN") }
        #expect(error?.message.contains("AURA_TOKEN, it has no token") == true)
        #expect(text.isEmpty || text == "aura1_" || error?.message.contains(text) == false)
    }

    private static func found(_ environment: [String: String]) throws -> String? {
        try ClientToken.find(value: { environment[$0] })?.reveal()
    }

    private static func write(_ text: String, in folder: String, mode: Int = 0o600) throws -> String {
        let file = "\(folder)/token"
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    // MARK: - How a token is shown

    /// A server that accepts one token and counts the tokens that are shown. With `ending`, its `system.ping` ends the
    /// connection with this error.
    private struct Guarded: Sendable {
        let shown = Locked<[String]>([])
        let ending = Locked<RPCError?>(nil)

        var router: Router {
            var router = Router { _ in }
            router.registerImmediate(AuraAPI.Methods.sessionAuthenticate) { given, _ in
                shown.withLock { $0.append(given.token) }
                guard given.token == ClientTokenTests.text else {
                    throw RPCError(.unauthenticated, "cannot use the token")
                }
                return WhoAmIResult(principal: PrincipalID("p1"), proof: Open(.token), scopes: [])
            }
            router.registerImmediate(AuraAPI.Methods.systemPing) { _, call in
                guard let error = ending.withLock({ $0 }) else { return PingResult(pong: true) }
                call.session.end(error)
                throw error
            }
            return router
        }
    }

    private func served(token: String, _ body: (AuraClient, Guarded) async throws -> Void) async throws {
        let scratch = try ScratchDirectory()
        let (path, guarded) = (scratch.socket, Guarded())
        try await TestServer.run(on: [.unix(path: path)], router: guarded.router) { _ in
            let client = AuraClient(.unix(path: path), token: Secret(token), timeout: .seconds(600))
            try await body(client, guarded)
            await client.close()
        }
    }

    @Test func concurrentCallsShareOneShownToken() async throws {
        try await served(token: Self.text) { client, guarded in
            try await withThrowingTaskGroup(of: Bool.self) { calls in
                for _ in 0..<20 { calls.addTask { try await client.systemPing().pong } }
                for try await pong in calls { #expect(pong) }
            }
            #expect(guarded.shown.withLock { $0 } == [Self.text])
        }
    }

    @Test func aRefusedTokenIsShownOnce() async throws {
        try await served(token: "aura1_wrong") { client, guarded in
            for _ in 0..<3 {
                let error = await #expect(throws: RPCError.self) { try await client.systemPing() }
                #expect(error?.code == .unauthenticated)
            }
            let error = await #expect(throws: RPCError.self) { try await client.subscribe() }
            #expect(error?.code == .unauthenticated)
            #expect(guarded.shown.withLock { $0 } == ["aura1_wrong"])
        }
    }

    @Test func aRevokedTokenIsNotShownAgain() async throws {
        try await served(token: Self.text) { client, guarded in
            let pong = try await client.systemPing().pong
            #expect(pong)
            guarded.ending.withLock { $0 = RPCError(.tokenRevoked, "the connection ends, the token was revoked") }
            for _ in 0..<3 {
                let error = await #expect(throws: RPCError.self) { try await client.systemPing() }
                #expect(error?.code == .tokenRevoked)
            }
            #expect(guarded.shown.withLock { $0.count } == 1)
        }
    }
}
