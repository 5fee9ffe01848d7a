import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Logging
import Storage
import TestKit
import Testing
import Tokens

@testable import Identity

/// Sessions of browsers: opened by a token, used by a cookie.
@Suite(.timeLimit(.minutes(5))) struct BrowserSessionTests {
    private let store = ModelStore()
    private let time = ManualTime()
    private let key = TokenKey(id: "k1", bytes: Array(0..<32))
    private let principal = PrincipalID("00000000-0000-7000-8000-000000000001")

    private func registry(
        _ store: (any IdentityStore)? = nil, keys: [TokenKey]? = nil, defaults: TenantDefaults = TenantDefaults()
    ) async throws -> IdentityRegistry {
        try await IdentityRegistry(
            store: store ?? self.store, keys: TokenKeys(keys ?? [key]),
            unix: UnixAccess([], ownUser: 990, operators: nil), installation: "model", defaults: defaults, time: time,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Stores a principal and a token of it. Returns the token's text.
    private func token(
        _ id: UInt8 = 1, expires: Timestamp? = nil, tenants: TenantScope = .all
    ) async throws -> Token {
        let bytes = Array(repeating: id, count: 16)
        let now = time.now()
        _ = try await store.write(
            .createPrincipal(
                PrincipalRecord(
                    id: principal, name: "ada", kind: .person, scopes: ["instances:read"], tenants: tenants,
                    createdAt: now, createdBy: nil)))
        _ = try await store.write(
            .createToken(
                TokenRecord(
                    id: bytes, keyID: "k1", principal: principal, name: "laptop", scopes: nil, tenants: .all,
                    notBefore: now, expires: expires, check: key.check(ofTokenWithID: bytes), createdAt: now,
                    createdBy: nil)))
        return key.token(id: bytes)
    }

    private func connection(_ peer: Peer = .tcp(address: "127.0.0.1", port: 1)) -> Session {
        InMemoryConnection(router: Router { _ in }, peer: peer).session
    }

    private func open(_ registry: IdentityRegistry, _ token: Token) async throws -> OpenedSession {
        try await registry.openSession(token: token.text, on: connection())
    }

    /// Returns the connection of a request with the cookie, or the code of the refusal.
    private func use(
        _ registry: IdentityRegistry, _ cookie: String, from peer: Peer = .tcp(address: "127.0.0.1", port: 1)
    ) -> (session: Session, error: RPCErrorCode?) {
        let session = connection(peer)
        do {
            try registry.authenticate(session, cookie: cookie)
            return (session, nil)
        } catch {
            return (session, error.code)
        }
    }

    @Test func aSessionHasTheRightsOfItsToken() async throws {
        let registry = try await registry()
        let token = try await token()
        await registry.refresh()
        let opened = try await open(registry, token)
        #expect(opened.lifeSeconds == 12 * 3600 && opened.cookie.utf8.count == SessionCookie.valueLength)
        let caller = use(registry, opened.cookie).session.principal
        #expect(caller.id == principal.text && caller.proof == .session && caller.token != nil)
        #expect(caller.rights.scopes == .only(["instances:read"]))
        // The database has the digest only, and a token is no cookie.
        let rows = try await store.identities().sessions
        #expect(rows.map(\.digest) == [try #require(SessionSecret(opened.cookie)).digest])
        #expect(use(registry, token.text).error == .unauthenticated)
        #expect(use(registry, String(opened.cookie.dropLast()) + "!").error == .unauthenticated)
        #expect(use(registry, SessionSecret().text).error == .unauthenticated)
        #expect(throws: RPCError.self) { try registry.authenticate(self.connection(), token: opened.cookie) }
    }

    /// The row of a session has no restrictions, so it would widen the token.
    @Test func aTokenWithRestrictionsOpensNoSession() async throws {
        let registry = try await registry()
        let token = try await token().restricted(by: TokenRestriction("method=status.get"))
        await registry.refresh()
        let error = await #expect(throws: RPCError.self) { try await self.open(registry, token) }
        #expect(error?.code == .forbidden)
        #expect(try await store.identities().sessions.isEmpty)
    }

    @Test func aSessionEndsWithItsTokenAndByItsCookie() async throws {
        let (registry, other) = (try await registry(), try await registry())
        let token = try await token()
        for each in [registry, other] { await each.refresh() }
        let (first, second) = (try await open(registry, token), try await open(registry, token))
        await other.refresh()
        let connections = [use(registry, first.cookie), use(other, first.cookie)]
        #expect(connections.allSatisfy { $0.error == nil })
        try await registry.closeSession(cookie: first.cookie, on: connection())
        await other.refresh()
        #expect(connections.allSatisfy { $0.session.principal.proof == .anonymous && $0.session.wantsClose })
        #expect(use(registry, first.cookie).error == .unauthenticated)
        // Closing it again, or with a wrong cookie, does nothing.
        try await registry.closeSession(cookie: first.cookie, on: connection())
        try await registry.closeSession(cookie: "x", on: connection())
        let last = use(other, second.cookie)
        #expect(last.error == nil)
        _ = try await store.write(.revokeToken(token.id, at: time.now()))
        await other.refresh()
        #expect(last.session.wantsClose)
        await registry.refresh()
        #expect(use(registry, second.cookie).error == .unauthenticated)
    }

    @Test func aSessionEndsAfterHalfAnHourWithoutUse() async throws {
        let registry = try await registry()
        let token = try await token()
        await registry.refresh()
        let opened = try await open(registry, token)
        let session = use(registry, opened.cookie).session
        let rule = try #require(session.principal.rights.rules.first)
        let method = MethodProperties(name: "status.get", scopes: [], mutates: false)
        for _ in 1...3 {
            time.advance(by: .seconds(29 * 60))
            try rule.check(method, session)
            await registry.storeSessionUses()
        }
        // Another daemon knows the stored uses.
        let other = try await self.registry()
        #expect(use(other, opened.cookie).error == nil)
        time.advance(by: .seconds(30 * 60))
        #expect(throws: RPCError.self) { try rule.check(method, session) }
        #expect(use(registry, opened.cookie).error == .unauthenticated)
    }

    @Test func aSessionLastsTwelveHoursAtMostAndNotLongerThanItsToken() async throws {
        let registry = try await registry()
        let token = try await token(expires: time.now() + .seconds(3600))
        await registry.refresh()
        #expect(try await open(registry, token).lifeSeconds == 3600)
        let long = try await open(registry, token)
        var uses = 0
        while use(registry, long.cookie).error == nil {
            time.advance(by: .seconds(20 * 60))
            uses += 1
        }
        #expect(uses == 3)
    }

    @Test func aTokenOpensThirtyTwoSessionsAtMost() async throws {
        let registry = try await registry()
        let token = try await token()
        await registry.refresh()
        for _ in 1...32 { _ = try await open(registry, token) }
        let error = await #expect(throws: RPCError.self) { try await self.open(registry, token) }
        #expect(error?.code == .quotaExceeded && error?.data["limit"] == 32)
        #expect(try await store.identities().sessions.count == 32)
        // Sessions without a use for half an hour have ended.
        time.advance(by: .seconds(30 * 60))
        _ = try await open(registry, token)
    }

    @Test func openingASessionIsAChangeOfTheTenant() async throws {
        let registry = try await registry(defaults: TenantDefaults(mutationsPerMinute: 2))
        let token = try await token(tenants: .only([Tenant.default]))
        await registry.refresh()
        for _ in 1...2 { _ = try await open(registry, token) }
        let error = await #expect(throws: RPCError.self) { try await self.open(registry, token) }
        #expect(error?.code == .tooManyCalls && error?.data["limit"] == 2)
        #expect(try await store.identities().sessions.count == 2)
        time.advance(by: .seconds(30))
        _ = try await open(registry, token)
    }

    /// So a caller cannot fill the audit by ending sessions either.
    @Test func endingASessionIsAChangeOfTheTenant() async throws {
        let registry = try await registry(defaults: TenantDefaults(mutationsPerMinute: 3))
        let token = try await token(tenants: .only([Tenant.default]))
        await registry.refresh()
        let (first, second) = (try await open(registry, token), try await open(registry, token))
        try await registry.closeSession(cookie: first.cookie, on: connection())
        let error = await #expect(throws: RPCError.self) {
            try await registry.closeSession(cookie: second.cookie, on: self.connection())
        }
        #expect(error?.code == .tooManyCalls && error?.data["limit"] == 3)
        #expect(try await store.identities().sessions.count == 1)
        time.advance(by: .seconds(30))
        try await registry.closeSession(cookie: second.cookie, on: connection())
        #expect(try await store.identities().sessions.isEmpty)
    }

    @Test func usesOfManySessionsAreStoredInOneChange() async throws {
        let registry = try await registry()
        let token = try await token()
        await registry.refresh()
        let cookies = [try await open(registry, token).cookie, try await open(registry, token).cookie]
        time.advance(by: .seconds(300))
        for cookie in cookies { #expect(use(registry, cookie).error == nil) }
        let before = try await store.identityChanges()
        await registry.storeSessionUses()
        #expect(try await store.identities().sessions.map(\.lastUsedAt) == [time.now(), time.now()])
        #expect(try await store.identityChanges() == before + 1)
        await registry.refresh()
        await registry.storeSessionUses()
        #expect(try await store.identityChanges() == before + 1)
    }

    @Test func aConnectionWithADeniedKeyCannotUseASession() async throws {
        let registry = try await registry()
        let token = try await token()
        await registry.refresh()
        let opened = try await open(registry, token)
        let certificate = ClientCertificate(
            uri: "aura://model/principal/ada", keyDigest: Array(repeating: 7, count: 32), notAfter: .max / 1000)
        let peer = Peer.tls(address: "10.0.0.1", port: 1, certificate: certificate)
        #expect(use(registry, opened.cookie, from: peer).error == nil)
        _ = try await store.write(.denyKey(DeniedKey(digest: certificate.keyDigest, at: time.now())))
        await registry.refresh()
        #expect(use(registry, opened.cookie, from: peer).error == .unauthenticated)
        #expect(use(registry, opened.cookie).error == nil)
    }

    @Test func aSessionEndsWithTheKeyOfItsToken() async throws {
        let registry = try await registry()
        let token = try await token()
        await registry.refresh()
        let opened = try await open(registry, token)
        let other = TokenKey(id: "k2", bytes: Array(1...32))
        let (with, without) = (try await self.registry(keys: [other, key]), try await self.registry(keys: [other]))
        #expect(use(with, opened.cookie).error == nil)
        #expect(use(without, opened.cookie).error == .unauthenticated)
    }

    /// A store whose next read of the rows waits for `pause` before it returns.
    private actor SlowStore: IdentityStore {
        private let base: ModelStore
        private var pause: (@Sendable () async throws -> Void)?

        init(_ base: ModelStore) { self.base = base }

        func pauseNextRead(_ pause: @escaping @Sendable () async throws -> Void) { self.pause = pause }

        func identities() async throws(StorageError) -> Identities {
            let rows = try await base.identities()
            if let pause {
                self.pause = nil
                try? await pause()
            }
            return rows
        }

        func identityChanges() async throws(StorageError) -> Int64 { try await base.identityChanges() }

        func write(_ change: IdentityChange, audit: AuditDraft?) async throws(StorageError) -> Int64 {
            try await base.write(change, audit: audit)
        }
    }

    @Test func aSlowReadDoesNotUndoARevocation() async throws {
        let slow = SlowStore(store)
        let registry = try await registry(slow)
        let token = try await token()
        await slow.pauseNextRead { [store, time] in
            _ = try await store.write(.revokeToken(token.id, at: time.now()))
            await registry.refresh()
        }
        await registry.refresh()
        #expect(registry.table.token(token.id)?.revokedAt == time.now())
        #expect(throws: RPCError.self) { try registry.authenticate(self.connection(), token: token.text) }
    }
}
