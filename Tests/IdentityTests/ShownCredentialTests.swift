import AuraModel
import JSONRPC
import Locking
import Logging
import Storage
import TestKit
import Testing
import Tokens

@testable import Identity

/// Connections that show another token, or end, while the registry computes the rights of their former one.
@Suite(.timeLimit(.minutes(1))) struct ShownCredentialTests {
    /// A clock that runs a function when it is read for the second time after ``arm(_:)``. The registry reads it before
    /// it reads its rows, and again when it has computed the rights of a token with tenants.
    private final class ProbedTime: TimeSource {
        private let base = ManualTime()
        private let probe = Locked<(reads: Int, run: (@Sendable () -> Void)?)>((0, nil))

        var hasRun: Bool { probe.withLock { $0.run == nil } }

        func arm(_ run: @escaping @Sendable () -> Void) { probe.withLock { $0 = (0, run) } }

        func now() -> Timestamp {
            let due = probe.withLock { probe -> (@Sendable () -> Void)? in
                probe.reads += 1
                guard probe.reads == 2 else { return nil }
                defer { probe.run = nil }
                return probe.run
            }
            due?()
            return base.now()
        }

        func sleep(for duration: Duration) async throws { try await base.sleep(for: duration) }
    }

    private let store = ModelStore()
    private let time = ProbedTime()
    private let key = TokenKey(id: "k1", bytes: Array(0..<32))
    private let principal = PrincipalID("00000000-0000-7000-8000-000000000001")

    /// Returns a registry, and the texts of a token with `instances:read` and one with `jobs:read`.
    private func registry() async throws -> (IdentityRegistry, reader: String, other: String) {
        let now = time.now()
        _ = try await store.write(
            .createPrincipal(
                PrincipalRecord(
                    id: principal, name: "ada", kind: .person, scopes: ["instances:read", "jobs:read"],
                    tenants: .only([Tenant.default]), createdAt: now, createdBy: nil)))
        var tokens: [String] = []
        for (id, scope) in [(UInt8(1), "instances:read"), (2, "jobs:read")] {
            let bytes = Array(repeating: id, count: 16)
            _ = try await store.write(
                .createToken(
                    TokenRecord(
                        id: bytes, keyID: "k1", principal: principal, name: "t\(id)", scopes: [scope], tenants: .all,
                        notBefore: now, expires: nil, check: key.check(ofTokenWithID: bytes), createdAt: now,
                        createdBy: nil)))
            tokens.append(key.token(id: bytes).text)
        }
        let registry = try await IdentityRegistry(
            store: store, keys: TokenKeys([key]), unix: UnixAccess([], ownUser: 990, operators: nil),
            installation: "model", time: time,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return (registry, tokens[0], tokens[1])
    }

    private func connection() -> Session {
        InMemoryConnection(router: Router { _ in }, peer: .tcp(address: "127.0.0.1", port: 1)).session
    }

    @Test func theRightsOfAFormerTokenAreNotSet() async throws {
        let (registry, reader, other) = try await registry()
        let session = connection()
        try registry.authenticate(session, token: reader)
        time.arm { try? registry.authenticate(session, token: other) }
        registry.lookAgain()
        #expect(time.hasRun)
        #expect(session.principal.rights.scopes == .only(["jobs:read"]))
    }

    @Test func theEndOfAFormerTokenDoesNotEndTheConnection() async throws {
        let (registry, reader, other) = try await registry()
        let (session, second) = (connection(), connection())
        for each in [session, second] { try registry.authenticate(each, token: reader) }
        _ = try await store.write(.revokeToken(Array(repeating: 1, count: 16), at: time.now()))
        let rows = IdentityTable(try await store.identities())
        // As if the registry had read the connections before the client showed the other token.
        let former = registry.state.withLock { $0.shown[ObjectIdentifier(session)] }
        try registry.authenticate(session, token: other)
        registry.state.withLock { state in
            state.table = rows
            state.shown[ObjectIdentifier(session)] = former
        }
        registry.lookAgain()
        #expect(session.principal.rights.scopes == .only(["jobs:read"]) && !session.wantsClose)
        #expect(second.wantsClose)
    }

    @Test func aConnectionThatWasEndedGetsNoRights() async throws {
        let (registry, reader, other) = try await registry()
        let session = connection()
        try registry.authenticate(session, token: reader)
        time.arm { session.end(.proofTooLate) }
        registry.lookAgain()
        #expect(time.hasRun)
        #expect(session.principal.proof == .anonymous && session.principal.rights.scopes == .only([]))
        try? registry.authenticate(session, token: other)
        #expect(session.principal.proof == .anonymous && session.principal.rights.scopes == .only([]))
    }

    /// Newer rows were read, and their rights set, while the rights of the former rows were computed.
    @Test func theNewestRowsDecide() async throws {
        let (registry, reader, _) = try await registry()
        let session = connection()
        try registry.authenticate(session, token: reader)
        _ = try await store.write(.setPrincipal(principal, PrincipalChange(scopes: ["jobs:read"])))
        let rows = IdentityTable(try await store.identities())
        time.arm {
            registry.state.withLock { state in
                state.table = rows
                state.tableRead += 1
            }
            registry.lookAgain()
        }
        registry.lookAgain()
        #expect(time.hasRun)
        #expect(session.principal.rights.scopes == .only([]))
    }
}
