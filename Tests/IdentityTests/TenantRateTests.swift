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

/// Limits of tenants on calls and changes, and the check of tenants that parameters name.
@Suite(.timeLimit(.minutes(5))) struct TenantRateTests {
    /// Calls a method of the registry's rights directly, without a connection.
    private struct Caller {
        let rules: [any CallRule]
        let session = InMemoryConnection(router: Router { _ in }).session

        func call(mutates: Bool = false) -> RPCError? {
            let method = MethodProperties(name: "x", scopes: ["a:b"], mutates: mutates)
            do {
                for rule in rules { try rule.check(method, session) }
                return nil
            } catch {
                return error
            }
        }
    }

    private let store = ModelStore()
    private let time = ManualTime()
    private let alice = TenantID("alice")
    private let bob = TenantID("bob")

    private func registry(_ rules: [UnixAccess.Rule], _ defaults: TenantDefaults) async throws -> IdentityRegistry {
        for name in [alice, bob] {
            _ = try await store.write(.createTenant(TenantRecord(id: name, createdAt: time.now())))
        }
        return try await IdentityRegistry(
            store: store, keys: TokenKeys([]), unix: UnixAccess(rules, ownUser: 990, operators: nil),
            installation: "model", defaults: defaults, time: time,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func caller(_ uid: UInt32, _ registry: IdentityRegistry) -> Caller {
        Caller(rules: registry.principal(of: .unix(UnixPeer(uid: uid, gid: uid, pid: 1))).rights.rules)
    }

    private static func only(_ uid: UInt32, _ tenants: TenantID...) -> UnixAccess.Rule {
        UnixAccess.Rule(.user(uid), .operator, tenants: .only(Set(tenants)))
    }

    @Test func allCallersOfATenantShareItsRates() async throws {
        let registry = try await registry(
            [Self.only(1, alice), Self.only(2, alice), Self.only(3, bob)],
            TenantDefaults(callsPerMinute: 20, mutationsPerMinute: 2))
        let (one, two, other) = (caller(1, registry), caller(2, registry), caller(3, registry))
        #expect(one.call(mutates: true) == nil)
        #expect(two.call(mutates: true) == nil)
        let refusal = try #require(one.call(mutates: true))
        #expect(refusal.code == .tooManyCalls && refusal.data["limit"] == 2 && refusal.data["actual"] == 3)
        #expect(refusal.message.contains("the tenant alice may make 2 changes in 60 seconds"))
        guard case .integer(let wait)? = refusal.data["retryAfterMs"] else { throw refusal }
        // The refused change was no call. A fifth of the calls of a minute may be made at once.
        #expect(two.call() == nil)
        #expect(two.call() == nil)
        #expect(two.call()?.data["limit"] == 20)
        #expect(other.call(mutates: true) == nil)
        time.advance(by: .milliseconds(wait))
        #expect(one.call(mutates: true) == nil)
    }

    @Test func callersOfAllTenantsHaveNoRate() async throws {
        let registry = try await registry(
            [UnixAccess.Rule(.user(1), .operator)], TenantDefaults(callsPerMinute: 1, mutationsPerMinute: 1))
        for uid in [0, 1] as [UInt32] {
            #expect(caller(uid, registry).rules.isEmpty)
        }
    }

    /// The first tenant that has calls left pays.
    @Test func aCallerOfSeveralTenantsUsesTheirRatesInTurn() async throws {
        let registry = try await registry(
            [Self.only(1, alice, bob), Self.only(2, alice), Self.only(3, bob)],
            TenantDefaults(callsPerMinute: 10, mutationsPerMinute: 2))
        let both = caller(1, registry)
        for _ in 1...4 { #expect(both.call() == nil) }
        #expect(both.call()?.code == .tooManyCalls)
        #expect(caller(2, registry).call()?.code == .tooManyCalls)
        #expect(caller(3, registry).call()?.code == .tooManyCalls)
    }

    @Test func aChangedQuotaHoldsForConnectionsThatAreOpen() async throws {
        let registry = try await registry([Self.only(1, alice)], TenantDefaults(callsPerMinute: 5))
        let one = caller(1, registry)
        #expect(one.call() == nil)
        #expect(one.call()?.data["limit"] == 5)
        _ = try await store.write(.setTenant(alice, isEnabled: nil, quota: TenantQuota(callsPerMinute: 500)))
        await registry.refresh()
        for _ in 1...50 { #expect(one.call() == nil) }
        _ = try await store.write(.setTenant(alice, isEnabled: nil, quota: TenantQuota(callsPerMinute: 0)))
        await registry.refresh()
        #expect(one.call()?.data["limit"] == 0)
    }

    /// Constant replies are copied to callers with a rate, and do not count.
    @Test func constantRepliesAreNotCounted() async throws {
        let registry = try await registry([Self.only(1, alice)], TenantDefaults(callsPerMinute: 5))
        var router = Router(interceptors: [AccessControl()], authenticator: registry) { _ in }
        try router.registerConstant(RPCMethod<NoParams, Int>("system.limits", scopes: ["system:read"]), 1)
        router.registerImmediate(RPCMethod<NoParams, Bool>("counted", scopes: ["system:read"])) { _, _ in true }
        let peer = Peer.unix(UnixPeer(uid: 1, gid: 1, pid: 1))
        let connection = InMemoryConnection(router: router, peer: peer)
        func call(_ method: String) async throws -> JSONValue {
            connection.send(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)"}"#)
            return try JSONValue(parsing: try #require(await connection.nextMessage()))
        }
        for _ in 1...20 { #expect(try await call("system.limits")["result"] == 1) }
        #expect(try await call("counted")["result"] == true)
        #expect(try await call("counted")["error"]?["data"]?["code"] == "tooManyCalls")
        #expect(try await call("system.limits")["result"] == 1)
    }

    @Test func aTenantThatIsNamedMustExist() async throws {
        let registry = try await registry([Self.only(1, alice)], TenantDefaults())
        var router = Router(interceptors: [AccessControl()], authenticator: registry) { _ in }
        router.register(Methods.statusList) { _, _ in StatusListResult(instances: []) }
        func ask(_ uid: UInt32, _ tenant: String) async throws -> JSONValue {
            let peer = Peer.unix(UnixPeer(uid: uid, gid: uid, pid: 1))
            let connection = InMemoryConnection(router: router, peer: peer)
            connection.send(#"{"jsonrpc":"2.0","id":1,"method":"status.list","params":{"tenant":"\#(tenant)"}}"#)
            return try JSONValue(parsing: try #require(await connection.nextMessage()))
        }
        #expect(try await ask(0, "alice")["result"] != nil)
        let missing = try await ask(0, "nobody")
        #expect(missing["error"]?["data"]?["code"] == "tenantNotFound")
        #expect(missing["error"]?["message"] == "no tenant is named nobody: create it first, or check the name")
        // For a caller that may not see it, a foreign tenant and a missing one are the same.
        #expect(try await ask(1, "bob") == ask(1, "nobody"))
        // Another daemon has created it, and this one has not read it yet.
        _ = try await store.write(.createTenant(TenantRecord(id: TenantID("carol"), createdAt: time.now())))
        #expect(try await ask(0, "carol")["result"] != nil)
    }
}
