import AuraModel
import DriverKit
import Locking
import TestKit
import Testing
import Vault
import VaultKeys

@testable import Agents

/// The credentials of machines in the vault, as several daemons use them that share only the database.
@Suite struct VaultCredentialStoreTests {
    private let first = OperationBench()

    /// Returns a daemon with a directory of its own.
    private func daemon() async throws -> (bench: OperationBench, files: FakeOutside) {
        let keys = try MasterKeys("aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        let vault = try #require(
            try await Vault.open(first.store, keys: keys, installation: "bench", time: first.time))
        let files = FakeOutside(time: first.time)
        let store = VaultCredentialStore(InstallationVault(vault), files: files)
        return (OperationBench(beside: first, credentials: store), files)
    }

    private static func credentials(_ name: String, isConfigured: Bool = false) -> MachineCredentials {
        func pair(_ role: String) -> KeyPair {
            KeyPair(privateKey: Secret("\(role) of \(name)"), publicKey: "ssh-ed25519 AAAA \(name)")
        }
        return MachineCredentials(
            client: pair("client"), birthHostKey: pair("birth"), lastingHostKey: pair("lasting"),
            isConfigured: isConfigured, gatewayToken: Secret("token of \(name)"))
    }

    @Test func aMachineOfOneDaemonIsRestartedAndDestroyedByAnother() async throws {
        let (one, files) = try await daemon()
        let (other, otherFiles) = try await daemon()
        #expect(try await one.provision().state == .succeeded)
        let instance = try #require(try await one.instance())
        let credentials = try #require(try await other.services.credentials.load(instance))
        #expect(credentials.isConfigured)
        #expect(try await other.operate(.restart).state == .succeeded)
        #expect(try await other.operate(.destroy).state == .succeeded)
        #expect(try await one.services.credentials.load(instance) == nil)
        #expect(try await first.store.versionCounts().isEmpty, "destroy deletes the secret")
        for files in [files, otherFiles] { #expect(files.state.withLock { $0.credentials.isEmpty }) }
        #expect(first.outside.state.withLock { $0.keys.isEmpty })
    }

    /// The first daemon ended after it had stored the keys, and before it used them.
    @Test func aStepThatRunsAgainElsewhereFindsTheSameKeys() async throws {
        let (one, _) = try await daemon()
        let (other, _) = try await daemon()
        let instance = Fixture.instance(phase: .provisioning)
        try await one.services.credentials.save(Self.credentials("one"), for: instance)
        let found = try #require(try await other.services.credentials.load(instance))
        #expect(found.client.privateKey.reveal() == "client of one")
        #expect(found.gatewayToken.reveal() == "token of one" && !found.isConfigured)
        var next = instance
        next.generation += 1
        #expect(try await other.services.credentials.load(next) == nil)
    }

    /// Two daemons make keys for one machine: the second one was slow, and its lease has passed to the first one.
    @Test func theFirstKeysOfAMachineStay() async throws {
        let (one, files) = try await daemon()
        let (other, _) = try await daemon()
        let instance = Fixture.instance(phase: .provisioning)
        #expect(try await one.services.credentials.add(Self.credentials("one"), for: instance))
        #expect(try await !other.services.credentials.add(Self.credentials("other"), for: instance))
        #expect(try await other.services.credentials.load(instance)?.client.privateKey.reveal() == "client of one")
        var next = instance
        next.generation += 1
        try await files.save(Self.credentials("file"), for: next)
        #expect(try await !one.services.credentials.add(Self.credentials("one"), for: next))
    }

    /// Another daemon may have the keys, and the machine is paid for.
    @Test func missingKeysAreATransientFailure() async throws {
        let (one, _) = try await daemon()
        let failure = await #expect(throws: Failure.self) {
            try await one.services.access(to: Fixture.instance(phase: .running))
        }
        #expect(failure?.errorClass == .transient && failure?.code == "credentialsMissing")
    }

    @Test func keysOfTheTimeBeforeTheVaultAreReadFromTheirFiles() async throws {
        let (one, files) = try await daemon()
        let instance = Fixture.instance(phase: .running)
        try await files.save(Self.credentials("file"), for: instance)
        let store = one.services.credentials
        #expect(try await store.load(instance)?.client.privateKey.reveal() == "client of file")
        try await store.save(Self.credentials("vault", isConfigured: true), for: instance)
        #expect(try await store.load(instance)?.client.privateKey.reveal() == "client of vault")
        #expect(try await files.load(instance)?.isConfigured == false, "the file is not written any more")
        try await store.remove(instance)
        #expect(try await store.load(instance) == nil)
        #expect(try await files.load(instance) == nil)
    }

    @Test func aDaemonWithoutALeaseStoresNothing() async throws {
        let (one, _) = try await daemon()
        let instance = Fixture.instance(phase: .provisioning)
        let expired = Failure(.transient, code: "leaseLost", message: "the lease has expired")
        await #expect(throws: Failure.self) {
            try await LeaseGuard.permitted({ () throws(Failure) in throw expired }) {
                try await one.services.credentials.save(Self.credentials("one"), for: instance)
            }
        }
        #expect(try await one.services.credentials.load(instance) == nil)
    }
}
