import AuraModel
import Locking
import Storage
import TestKit
import Vault
import VaultKeys

/// A client that changes tenants, principals, tokens and secrets through any running daemon, and uses tokens and
/// secrets. It repeats calls that fail.
final class TrustClient: Sendable {
    enum Operation: Sendable, CaseIterable {
        case createToken, revokeToken, useToken, setPrincipal, setTenant, setSecret, deleteSecret, openSecret
    }

    private struct State {
        var begun = 0
        var ended = 0
        var tokens: [[UInt8]] = []
    }

    private static let keys = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let names = ["s0", "s1", "s2"]
    private static let principal = PrincipalID("00000000-0000-7000-8000-000000000001")
    /// Not the tenant of the instances, whose limit would refuse them.
    private static let tenant = TenantID("other")

    private let world: World
    private let random: SeededRandom
    private let lane: Lane
    private let state = Locked(State())

    init(world: World) {
        self.world = world
        random = SeededRandom(seed: world.random.next())
        lane = world.scheduler.lane()
    }

    /// The numbers of operations that were begun and that have ended.
    var counts: (begun: Int, ended: Int) { state.withLock { ($0.begun, $0.ended) } }

    /// Begins `requests` operations at random times within `span` milliseconds.
    func start(requests: Int, over span: Int64) {
        for _ in 0..<requests {
            let operation = Operation.allCases[Int(random.next() % UInt64(Operation.allCases.count))]
            world.scheduler.after(Int64(random.next() % UInt64(span))) {
                // Two clients set a secret at the same time.
                for _ in 0..<(operation == .setSecret ? 2 : 1) { self.begin([operation]) }
            }
        }
    }

    /// Begins operations that run one after the other.
    func begin(_ operations: [Operation]) {
        _ = Task(executorPreference: lane) {
            for operation in operations { await self.run(operation) }
        }
    }

    /// Opens every secret.
    func openAll() {
        for name in Self.names {
            _ = Task(executorPreference: lane) { await self.open(name) }
        }
    }

    private func run(_ operation: Operation) async {
        let mark = state.withLock { state in
            state.begun += 1
            return state.begun
        }
        defer { state.withLock { $0.ended += 1 } }
        let name = Self.names[Int(random.next() % UInt64(Self.names.count))]
        switch operation {
        case .createToken: await createToken(mark)
        case .revokeToken: await revokeToken(mark)
        case .useToken: await useToken()
        case .setPrincipal:
            await change("principal.set", Self.principal.text, mark) { _ in
                .setPrincipal(Self.principal, PrincipalChange(scopes: [AuditReplay.text(ofMark: mark)]))
            }
        case .setTenant:
            await change("tenant.set", Self.tenant.text, mark) { _ in
                .setTenant(Self.tenant, isEnabled: nil, quota: TenantQuota(liveInstances: mark))
            }
        case .setSecret: await setSecret(name, mark)
        case .deleteSecret: await deleteSecret(name, mark)
        case .openSecret: await open(name)
        }
    }
}

// MARK: - Tokens

extension TrustClient {
    private func createToken(_ mark: Int) async {
        let id = withUnsafeBytes(of: (UInt64(mark), random.next())) { Array($0) }
        await change("token.create", AuditReplay.name(id), mark) { now in
            .createToken(
                TokenRecord(
                    id: id, keyID: "k1", principal: Self.principal, name: "t", check: Array(0..<8), createdAt: now))
        }
        state.withLock { $0.tokens.append(id) }
    }

    private func revokeToken(_ mark: Int) async {
        guard let id = anyToken() else { return }
        await change("token.revoke", AuditReplay.name(id), mark) { now in .revokeToken(id, at: now) }
    }

    /// Uses a token at a daemon, which must refuse it if it was revoked before.
    private func useToken() async {
        guard let id = anyToken() else { return }
        await world.repeating(random) { [world] daemon, store in
            let wasRevoked = world.disk.isRevoked(id)
            let known = try await store.knownIdentities()
            guard let row = known.tokens.first(where: { $0.id == id }), row.revokedAt == nil else { return }
            world.check(!wasRevoked, "d\(daemon.number) accepts the token \(AuditReplay.name(id)), which was revoked")
        }
    }

    private func anyToken() -> [UInt8]? {
        let (choice, tokens) = (random.next(), state.withLock { $0.tokens })
        return tokens.isEmpty ? nil : tokens[Int(choice % UInt64(tokens.count))]
    }

    /// Makes a change of identities, with its entry of the audit.
    private func change(
        _ method: String, _ object: String, _ mark: Int, _ body: @escaping @Sendable (Timestamp) -> IdentityChange
    ) async {
        // A repeated change is the same to the byte.
        let now = world.now
        await world.repeating(random) { _, store in
            try await Self.prepare(store)
            _ = try await store.write(body(now), audit: AuditReplay.draft(method, object, mark: mark, at: now))
        }
    }

    /// Creates the tenant and the principal unless they exist.
    private static func prepare(_ store: SimStore) async throws {
        let start = Timestamp(milliseconds: 0)
        let principal = PrincipalRecord(
            id: principal, name: "client", kind: .service, scopes: ["jobs:read"], tenants: .all, createdAt: start)
        for change in [
            .createTenant(TenantRecord(id: tenant, createdAt: start)), IdentityChange.createPrincipal(principal),
        ] {
            do throws(StorageError) {
                _ = try await store.write(change)
            } catch {
                // It exists, and was changed since.
                guard error.code == .nameTaken else { throw error }
            }
        }
    }
}

// MARK: - Secrets

extension TrustClient {
    private func setSecret(_ name: String, _ mark: Int) async {
        let now = world.now
        await using(name) { vault, reference throws(VaultError) in
            try await vault.put(
                Secret("\(name) \(mark)"), as: reference, change: ChangeID(AuditReplay.text(ofMark: mark)),
                audit: AuditReplay.draft("secret.set", name, mark: mark, at: now))
        }
    }

    private func deleteSecret(_ name: String, _ mark: Int) async {
        let now = world.now
        await using(name) { vault, reference throws(VaultError) in
            try await vault.delete(reference, audit: AuditReplay.draft("secret.delete", name, mark: mark, at: now))
        }
    }

    /// Opens a secret. It must open, or not exist.
    private func open(_ name: String) async {
        await using(name) { [world] vault, reference throws(VaultError) in
            let value = try await vault.open(reference).reveal()
            world.check(value.hasPrefix("\(name) "), "the secret \(name) opens as \(value)")
        }
    }

    private func using(
        _ name: String, _ body: @escaping @Sendable (Vault, SecretReference) async throws(VaultError) -> Void
    ) async {
        await world.repeating(random) { [world] daemon, store in
            guard let time = daemon.time,
                let vault = try await Vault.open(
                    store, keys: MasterKeys(Self.keys), installation: store.installation, time: time)
            else { return }
            do throws(VaultError) {
                try await body(vault, SecretReference(tenant: Tenant.default, name: name))
            } catch {
                switch error {
                case .storage(let cause): throw cause
                case .noSecret: break
                case .sealed, .staysSealed, .invalidName, .invalidLength, .unusable:
                    world.violate("the secret \(name) is not usable: \(error)")
                }
            }
        }
    }
}
