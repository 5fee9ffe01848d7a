import ArgumentParser
import Audit
import AuraModel
import Crypto
import FeatureKit
import Foundation
import Identity
import JSON
import JSONRPC
import Logging
import Storage
import StorageSQLite
import Tokens
import Vault
import VaultKeys

/// Measures what the checks of trust cost, each beside its limit in the same run: the same primitives of swift-crypto
/// without Aura, or the same call without the check.
@main struct BenchTrust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-trust", abstract: "Measure tokens, calls with a token, the vault and the audit.")

    @Option(help: "A directory for databases; it must be empty.")
    var directory: String

    @Option(help: "Entries of the audit to verify.")
    var entries = 1_000_000

    @Option(help: "Versions of secrets to wrap under a new key.")
    var versions = 10_000

    @Option(help: "Rounds of each measurement; the shortest one is shown.")
    var rounds = 101

    func run() async throws {
        Figure.printHead()
        try await tokens()
        try await calls()
        try await vault()
        try await rotation()
        try await verification()
    }

    private func store(_ name: String) throws -> SQLiteStore {
        try SQLiteStore(path: "\(directory)/\(name).db", kinds: InstanceKinds([]), installation: "bench")
    }

    private static let quiet = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

    // MARK: Measurements

    /// Returns the time of one call, in microseconds, of each body: that of the shortest round, which the fewest other
    /// processes interrupted. The bodies take turns, so that a change of the machine's load affects all of them.
    private func microseconds(_ count: Int, _ bodies: [() async throws -> Void]) async throws -> [Double] {
        var times = bodies.map { _ in [Double]() }
        let clock = ContinuousClock()
        for _ in 0..<rounds {
            for (index, body) in bodies.enumerated() {
                let begun = clock.now
                for _ in 0..<count { try await body() }
                times[index].append(Self.seconds(clock.now - begun) / Double(count) * 1e6)
            }
        }
        return times.map { $0.min() ?? 0 }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private static func text(_ number: Double) -> String { Figure.text(number) }

    // MARK: Tokens

    private static let key = TokenKey(id: "k1", bytes: Array(0..<32))
    private static let restrictions = [
        "method=status.*", "tenant=default", "before=4000000000", "peer=192.0.2.0/24,unix:0", "scope=instances:read",
        "method=status.get,status.list", "before=3900000000", "tenant=default,alice",
    ]

    private static func token(_ count: Int) throws -> Token {
        try restrictions.prefix(count).reduce(key.token(id: Array(0..<16))) { token, restriction in
            try token.restricted(by: TokenRestriction(restriction))
        }
    }

    private func tokens() async throws {
        let (parts, _) = try await identity()
        for count in [0, 8] {
            let token = try Self.token(count)
            let (text, id) = (token.text, token.id)
            let messages = Self.restrictions.prefix(count).map { Array($0.utf8) }
            let master = SymmetricKey(data: Array(UInt8(0)..<32))
            let connection = InMemoryConnection(router: parts.router, peer: .unix(UnixPeer(uid: 0, gid: 0, pid: 1)))
            let session = connection.session
            let times = try await microseconds(
                200,
                [
                    {
                        var tag = HKDF<SHA256>.deriveKey(
                            inputKeyMaterial: master, salt: id, info: Array("aura/token/1/k1".utf8), outputByteCount: 32
                        )
                        for message in messages {
                            tag = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: message, using: tag))
                        }
                    },
                    { _ = try Self.key.verifies(Token(text)) },
                    { try parts.authenticator.authenticate(session, token: text) },
                ])
            let limit = "\(Self.text(times[0])) µs HKDF and HMAC"
            Figure(
                name: "token with \(count) restrictions, first use", limit: limit, aura: "\(Self.text(times[1])) µs",
                ratio: times[1] / times[0], aim: "5 µs"
            ).print()
            Figure(
                name: "the same, each later use, with its rights", limit: limit, aura: "\(Self.text(times[2])) µs",
                ratio: times[2] / times[0], aim: "5 µs"
            ).print()
        }
    }

    private struct Parts {
        var router: Router
        var authenticator: any Authenticator
    }

    /// Returns a router with the identities, and one without.
    private func identity() async throws -> (with: Parts, bare: Router) {
        let store = try store("identity-\(UInt64.random(in: 0 ... .max))")
        let now = SystemTime().now()
        let principal = PrincipalID("01994c5e-7a00-7c3e-9d53-0a4c7f1b2e70")
        _ = try await store.write(
            .createPrincipal(
                PrincipalRecord(
                    id: principal, name: "bench", kind: .service, scopes: ["instances:read"], tenants: .all,
                    createdAt: now)))
        let id = try Self.token(0).id
        _ = try await store.write(
            .createToken(
                TokenRecord(
                    id: id, keyID: "k1", principal: principal, name: "bench",
                    check: Self.key.check(ofTokenWithID: id), createdAt: now)))
        let parts = try await Identity.parts(
            store: store, keys: TokenKeys([Self.key]), unix: UnixAccess([], ownUser: 0, operators: nil),
            installation: store.installation, time: SystemTime(), random: SystemRandom(), logger: Self.quiet)
        guard let authenticator = parts.authenticator else { fatalError("identities have an authenticator") }
        func router(_ interceptors: [any Interceptor], _ authenticator: (any Authenticator)?) -> Router {
            var router = Router(interceptors: interceptors, authenticator: authenticator) { print($0.error) }
            let method = RPCMethod<NoParams, Int>("status.get", scopes: ["instances:read"])
            router.registerImmediate(method) { _, _ in 1 }
            return router
        }
        return (
            Parts(router: router(parts.interceptors, authenticator), authenticator: authenticator), router([], nil)
        )
    }

    // MARK: Calls

    /// The cost of a call in one process, without a socket: the share of the checks is the largest here.
    private func calls() async throws {
        let (parts, bare) = try await identity()
        let call = #"{"jsonrpc":"2.0","id":1,"method":"status.get","params":{}}"#
        let peer = Peer.unix(UnixPeer(uid: 0, gid: 0, pid: 1))
        let plain = InMemoryConnection(router: bare, peer: peer)
        let text = try Self.token(2).text
        let authenticated = InMemoryConnection(router: parts.router, peer: peer)
        try parts.authenticator.authenticate(authenticated.session, token: text)
        let request = InMemoryConnection(router: parts.router, peer: peer)
        func body(_ connection: InMemoryConnection) -> () async throws -> Void {
            {
                connection.send(call)
                guard await connection.nextMessage() != nil else { fatalError("the connection closed") }
            }
        }
        let times = try await microseconds(
            200,
            [
                body(plain), body(authenticated),
                {
                    // As each request over HTTP does.
                    try parts.authenticator.authenticate(request.session, token: text)
                    request.send(call)
                    guard await request.nextMessage() != nil else { fatalError("the connection closed") }
                },
            ])
        let limit = "\(Self.text(times[0])) µs without identities"
        for (name, time) in [("on a connection with a token", times[1]), ("with a token shown for it", times[2])] {
            Figure(
                name: "call in one process, \(name)", limit: limit, aura: "\(Self.text(time)) µs",
                ratio: time / times[0]
            ).print()
        }
    }

    // MARK: The vault

    private static let first = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    private static let second = "aura-key-1 k2 AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\n"

    private func vault() async throws {
        let keys = try MasterKeys(Self.first)
        let envelope = Envelope(keys)
        let address = SecretAddress(
            installation: "bench", tenant: "default", name: "token", version: 1, secretClass: .sealed)
        let value = Array(repeating: UInt8(7), count: 64)
        let sealed = try envelope.seal(value, for: address)
        let key = SymmetricKey(size: .bits256)
        let data = Array(repeating: UInt8(1), count: 80)
        let boxes = try [32, 64].map { length in
            try AES.GCM.seal(Array(repeating: UInt8(2), count: length), using: key, authenticating: data)
        }
        let clock = ContinuousClock()
        var (limits, opens): ([Double], [Double]) = ([], [])
        for _ in 0..<(rounds * 200) {
            var begun = clock.now
            for box in boxes { _ = try AES.GCM.open(box, using: key, authenticating: data) }
            limits.append(Self.seconds(clock.now - begun) * 1e6)
            begun = clock.now
            guard try envelope.open(sealed, for: address) == value else { fatalError("the value changed") }
            opens.append(Self.seconds(clock.now - begun) * 1e6)
        }
        for (name, share, aim) in [("p50", 50, nil), ("p99", 99, "30 µs")] {
            let (limit, open) = (Self.percentile(share, of: limits), Self.percentile(share, of: opens))
            Figure(
                name: "secret of 64 bytes opened, \(name)", limit: "\(Self.text(limit)) µs two AES-GCM",
                aura: "\(Self.text(open)) µs", ratio: open / limit, aim: aim
            ).print()
        }
    }

    /// Returns the time that `share` percent of the times do not exceed.
    private static func percentile(_ share: Int, of times: [Double]) -> Double {
        let sorted = times.sorted()
        return sorted[min(sorted.count * share / 100, sorted.count - 1)]
    }

    private func rotation() async throws {
        let store = try store("vault")
        let kept = SecretRecord.versionsAtMost
        let names = (0..<(versions / kept)).map { SecretReference(tenant: Tenant.default, name: "s\($0)") }
        guard
            let former = try await Vault.open(
                store, keys: try MasterKeys(Self.first), installation: "bench", time: SystemTime())
        else { return }
        // A tenant has 500 secrets unless its quota says otherwise.
        _ = try await store.write(.setTenant(Tenant.default, isEnabled: nil, quota: TenantQuota(secrets: names.count)))
        for name in names { for number in 1...kept { try await former.put(Secret("value \(number)"), as: name) } }
        guard
            let vault = try await Vault.open(
                store, keys: try MasterKeys(Self.second + Self.first), installation: "bench", time: SystemTime())
        else { return }
        let rotation = VaultRotation(vault: vault, time: SystemTime(), logger: Self.quiet)
        let clock = ContinuousClock()
        let begun = clock.now
        let service = Task { try await rotation.run() }
        var (opened, failed, waits) = (0, 0, [Double]())
        while try await store.versionCounts()["k1"] != nil {
            for name in names.shuffled().prefix(50) {
                let start = clock.now
                do { _ = try await vault.open(name) } catch { failed += 1 }
                waits.append(Self.seconds(clock.now - start) * 1e6)
                opened += 1
            }
        }
        let seconds = Self.seconds(clock.now - begun)
        service.cancel()
        try await service.value
        Figure(
            name: "\(names.count * kept) versions wrapped under a new key", limit: nil, aura: "\(Self.text(seconds)) s",
            aim: "30 s"
        ).print()
        Figure(
            name: "secrets opened from the database meanwhile, p99", limit: nil,
            aura: "\(Self.text(Self.percentile(99, of: waits))) µs; \(opened), \(failed) failed", aim: "0 failed"
        ).print()
    }

    // MARK: The audit

    private func verification() async throws {
        let store = try store("audit")
        for start in stride(from: 0, to: entries, by: 1000) {
            try await store.appendAudit((start..<min(start + 1000, entries)).map(Self.draft))
        }
        let bounds = try await store.auditBounds()
        let clock = ContinuousClock()
        var begun = clock.now
        var verification = try AuditVerification(after: bounds.floor, checkpoints: [bounds.head])
        try await verification.check(entriesOf: store, through: bounds.head)
        try verification.finish()
        let whole = Self.seconds(clock.now - begun)
        let body = Self.draft(1).body
        begun = clock.now
        for number in 0..<entries {
            let digest = AuditChain.digest(salt: Array(repeating: 0, count: 16), body: body)
            _ = AuditChain.next(bounds.head.hash, seq: Int64(number), digest: digest)
        }
        let limit = Self.seconds(clock.now - begun)
        Figure(
            name: "\(bounds.head.seq) entries of \(body.count) bytes verified from SQLite",
            limit: "\(Self.text(limit)) s the hashes alone", aura: "\(Self.text(whole)) s", ratio: whole / limit,
            aim: "5 s for 1,000,000"
        ).print()
    }

    private static func draft(_ number: Int) -> AuditDraft {
        AuditDraft(
            at: Timestamp(milliseconds: 1_800_000_000_000 + Int64(number)), principal: PrincipalID("uid:1000"),
            proof: "peer", peer: "uid 1000 pid 4242", method: "provision", tenant: Tenant.default,
            object: "instance 01994c5e-7a00-7c3e-9d53-0a4c7f1b2e70",
            change: ChangeID("01994c5e-7a00-7c3e-9d53-0a4c7f1b2e70"),
            parameters: AuditParameters.stored(["name": .string("agent-\(number)"), "size": "small"]),
            salt: AuditDraft.salt(SystemRandom()))
    }
}
